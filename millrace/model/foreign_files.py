"""What people try to import instead of a model file, recognised by its content: what it is, and what to do."""

import struct

CONVERTER = "1.7.6"  # reads every binary format since 0.90, and writes JSON
BOOSTERS = (b"gbtree", b"gblinear", b"dart")
PARAMETERS = 136  # bytes of the parameters with which the binary format begins
PICKLE_0 = (b"ccopy_reg\n", b"cxgboost", b"(dp", b"(lp", b"cnumpy", b"csklearn")
ZLIB = (b"x\x01", b"x\x9c", b"x\xda")  # of joblib, compressed


def described(raw: bytes, name: str) -> str:
    """What the bytes are, and the way out, as the end of `expected …, got …`; empty where they may be a model.

    name : of the file, for the command.
    """
    start = raw[:512].lstrip()
    if raw.startswith(b"\x80") or raw.startswith(PICKLE_0) or raw.startswith(ZLIB):
        return (
            f"a Python pickle (or joblib), which runs the code that is in it when it is loaded: {_unpickle(raw, name)}"
        )
    if is_binary(raw):
        return f"XGBoost's old binary format, which is no longer read: {_convert(name)}"
    if not start:
        return "an empty file"
    if start.startswith(b"version https://git-lfs"):
        return "a pointer of Git LFS: run git lfs pull in the repository that it is from"
    if start.startswith(b"<"):
        return f"HTML or XML, such as the page of a download that failed: {_SAVE_IT}"
    if start.startswith(b"{") and b'"name"' in start and b'"tree"' in start and b'"learner"' not in start:
        return "a dump of a LightGBM model: save it with booster.save_model('model.txt'), and import that"
    if start.startswith((b"[", b"booster[")):
        return f"a dump of trees, which cannot be loaded again: {_SAVE_IT}"
    if raw[:4] == b"PAR1":
        return f"a Parquet file, such as Spark's metadata: the model is the file in the folder data/; or {_SAVE_IT}"
    return "" if start.startswith(b"{") else f"something that begins with {raw[:8]!r}: {_SAVE_IT}"


def is_binary(raw: bytes) -> bool:
    """XGBoost's binary format: parameters, then the names of the objective and the booster with their lengths."""
    if raw.startswith((b"binf", b"bs64")):
        return True
    objective, at = _text(raw, PARAMETERS)
    booster, _ = _text(raw, at)
    return b":" in objective and booster in BOOSTERS


def without_class_count(raw: bytes) -> bytes:
    """The model without the class count that Spark on the JVM writes before a classifier: 4 bytes, big-endian."""
    (count,) = struct.unpack(">i", raw[:4]) if len(raw) > 4 else (0,)
    rest = raw[4:]
    return rest if 2 <= count <= 100_000 and (rest[:1] == b"{" or is_binary(rest)) else raw


def _text(raw: bytes, at: int) -> tuple[bytes, int]:
    """The text at a place, behind its length in 8 bytes, and where it ends; b"" where there is none."""
    if len(raw) < at + 8:
        return b"", at
    (size,) = struct.unpack("<Q", raw[at : at + 8])
    end = at + 8 + min(size, 64)
    return raw[at + 8 : end], end


_SAVE_IT = "save the model with save_model('model.ubj') in the program that has it"


def _unpickle(raw: bytes, name: str) -> str:
    if b"lightgbm" in raw[:4096]:
        load = f"import joblib; m = joblib.load('{name}'); getattr(m, 'booster_', m).save_model('model.txt')"
        return f'if you trust it, run python -c "{load}" where LightGBM is installed, and import model.txt'
    load = f"import joblib; m = joblib.load('{name}'); getattr(m, 'get_booster', lambda: m)().save_model('model.json')"
    return (
        f'if you trust it, run python -c "{load}" where the XGBoost that made it is installed. XGBoost before 1.0 '
        f"ignores .json and writes its binary format, which import then names the command for"
    )


def _convert(name: str) -> str:
    load = f"import xgboost as x; b = x.Booster(); b.load_model('{name}'); b.save_model('model.json')"
    packages = f"pip install xgboost=={CONVERTER} scipy 'setuptools<70'"
    return f'{packages} in an environment of its own, run python -c "{load}" there, and import model.json'
