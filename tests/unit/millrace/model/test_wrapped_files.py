"""Model files inside of what other tools wrap them in."""

import gzip
import io
import random
import tarfile
import zipfile
from pathlib import Path

import pytest

from millrace.errors import UserError
from millrace.model import wrapped_files

MODEL = b'{"learner": {}}'
MLMODEL = """artifact_path: model
flavors:
  python_function:
    data: other.bin
    loader_module: mlflow.xgboost
  xgboost:
    code: null
    data: {data}
    model_class: xgboost.core.Booster
    model_format: xgb
mlflow_version: 2.9.2
"""


def tar(members: dict[str, bytes], mode: str = "w:gz") -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def zipped(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def folder(path: Path, members: dict[str, bytes]) -> Path:
    for name, content in members.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (MODEL, "model.tar.gz"),
        (tar({"xgboost-model": MODEL}), "xgboost-model"),
        (tar({"./xgboost-model": MODEL, "code/inference.py": b"x"}), "./xgboost-model"),
        (tar({"a/xgboost-model": MODEL, "model.json": b"x"}), "a/xgboost-model"),
        (tar({"my.model": MODEL}), "my.model"),
        (tar({"xgboost-model": MODEL}, "w"), "xgboost-model"),
        (gzip.compress(MODEL), "model.tar.gz"),
        (zipped({"model.json": MODEL, "README": b"x"}), "model.json"),
    ],
    ids=range(8),
)
def test_a_model_is_found_in_an_archive(tmp_path: Path, content: bytes, name: str) -> None:
    (tmp_path / "model.tar.gz").write_bytes(content)
    assert wrapped_files.read(tmp_path / "model.tar.gz") == (MODEL, name)


@pytest.mark.parametrize("data", ["model.xgb", "'model.xgb'", "nested/model.xgb"])
def test_a_model_is_found_in_an_mlflow_folder(tmp_path: Path, data: str) -> None:
    members = {"MLmodel": MLMODEL.format(data=data).encode(), data.strip("'"): MODEL, "other.bin": b"x"}
    assert wrapped_files.read(folder(tmp_path, members)) == (MODEL, "model.xgb")


def test_a_model_is_found_in_a_folder_with_a_model_file(tmp_path: Path) -> None:
    assert wrapped_files.read(folder(tmp_path, {"xgboost-model": MODEL, "other": b"x"})) == (MODEL, "xgboost-model")


@pytest.mark.parametrize(
    ("members", "message"),
    [
        (
            {"MLmodel": b"flavors:\n  sklearn:\n    data: model.pkl\n"},
            "of the flavor xgboost or lightgbm, with data, got sklearn",
        ),
        ({"MLmodel": b""}, "got none"),
        ({"MLmodel": MLMODEL.format(data="../../etc/passwd").encode()}, "expected data within the folder, got"),
        ({"MLmodel": MLMODEL.format(data="gone.xgb").encode()}, "gone.xgb cannot be read: No such file"),
        ({"manifest.json": b"{}"}, "is an artifact of Millrace already: publish it with millrace model publish"),
        (
            {"one.py": b"", "two.py": b""},
            "expected a folder with MLmodel or one of xgboost-model,.* got one.py, two.py",
        ),
    ],
)
def test_a_folder_without_a_model_is_refused(tmp_path: Path, members: dict[str, bytes], message: str) -> None:
    with pytest.raises(UserError, match=message):
        wrapped_files.read(folder(tmp_path, members))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (tar({"a": b"x", "b": b"y"}), "an archive with one of xgboost-model,.* or one file, got a, b"),
        (tar({"a/xgboost-model": b"x", "b/xgboost-model": b"y"}), "got a/xgboost-model, b/xgboost-model"),
        (tar({"xgboost-model": random.Random(1).randbytes(4_000)})[:600], "the archive cannot be read"),
        (b"PK\x03\x04 and more", "the archive cannot be read"),
    ],
    ids=range(4),
)
def test_an_archive_without_a_model_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "model").write_bytes(content)
    with pytest.raises(UserError, match=message):
        wrapped_files.read(tmp_path / "model")


@pytest.mark.parametrize("pack", [gzip.compress, lambda raw: tar({"m": raw}), lambda raw: zipped({"m": raw})])
def test_an_archive_unpacks_to_no_more_than_a_model_may_have(tmp_path: Path, monkeypatch, pack) -> None:
    monkeypatch.setattr(wrapped_files, "MAX_MODEL_BYTES", 50_000)
    (tmp_path / "model").write_bytes(pack(bytes(100_000)))
    with pytest.raises(UserError, match="at most 50000 bytes when unpacked, got more"):
        wrapped_files.read(tmp_path / "model")
