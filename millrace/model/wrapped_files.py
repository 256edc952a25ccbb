"""The model file inside of what tools wrap it in: SageMaker's model.tar.gz, an MLflow model directory, gzip or zip."""

import gzip
import io
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath

from millrace.errors import UserError
from model_store.verify import MAX_MODEL_BYTES

SAGEMAKER = "xgboost-model"
MODEL_NAMES = (SAGEMAKER, "model.ubj", "model.json", "model.xgb", "model.bin", "model.txt", "model.lgb")
MOST_MEMBERS = 10_000
_GZIP, _ZIP, _TAR, _TAR_AT = b"\x1f\x8b", b"PK\x03\x04", b"ustar", 257
_FLAVOR = re.compile(r"^  (?:xgboost|lightgbm):\n((?:    .*\n|\n)*)", re.MULTILINE)
_DATA = re.compile(r"^    data: ['\"]?([^'\"\n]+)['\"]?$", re.MULTILINE)


def read(path: Path) -> tuple[bytes, str]:
    """The bytes of the model file at a path or inside of it, and the name of that file. Raises UserError."""
    try:
        if path.is_dir():
            path = _in_folder(path)
        size = path.stat().st_size
        if size > MAX_MODEL_BYTES:
            raise UserError(f"{path}: expected at most {MAX_MODEL_BYTES} bytes, got {size}")
        return _unwrapped(path.read_bytes(), path)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise UserError(f"{path}: the archive cannot be read: {error}") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}") from None


def _in_folder(path: Path) -> Path:
    """The model file of an MLflow model, or of an unpacked model.tar.gz."""
    if (path / "MLmodel").is_file():
        return _of_mlflow(path)
    if (path / "manifest.json").is_file():
        raise UserError(f"{path} is an artifact of Millrace already: publish it with millrace model publish {path}")
    for name in MODEL_NAMES:
        if (path / name).is_file():
            return path / name
    there = ", ".join(sorted(entry.name for entry in path.iterdir())[:10]) or "nothing"
    raise UserError(f"{path}: expected a folder with MLmodel or one of {', '.join(MODEL_NAMES)}, got {there}")


def _of_mlflow(path: Path) -> Path:
    text = (path / "MLmodel").read_bytes().decode("utf-8", "replace").replace("\r\n", "\n") + "\n"
    flavor = _FLAVOR.search(text)
    data = flavor and _DATA.search(flavor[1])
    if not data:
        raise UserError(
            f"{path}: expected an MLflow model of the flavor xgboost or lightgbm, with data, got {_flavors(text)}"
        )
    file = (path / data[1].strip()).resolve()
    if not file.is_relative_to(path.resolve()):
        raise UserError(f"{path}: expected data within the folder, got {data[1]}")
    return _in_folder(file) if file.is_dir() else file


def _flavors(text: str) -> str:
    section = text.partition("\nflavors:\n")[2] or text.removeprefix("flavors:\n")
    return ", ".join(re.findall(r"^  (\w+):$", section, re.MULTILINE)) or "none"


def _unwrapped(raw: bytes, path: Path) -> tuple[bytes, str]:
    if raw.startswith(_GZIP):
        with gzip.open(io.BytesIO(raw)) as file:
            raw = _capped(file.read, path)
    if raw[_TAR_AT:].startswith(_TAR):
        with tarfile.open(fileobj=io.BytesIO(raw), mode="r:") as archive:
            files = {member.name: member for member in archive.getmembers()[:MOST_MEMBERS] if member.isfile()}
            name = _chosen(list(files), path)
            content = archive.extractfile(files[name]) or io.BytesIO()  # nothing only where it is no file
            return _capped(content.read, path), name
    if raw.startswith(_ZIP):
        with zipfile.ZipFile(io.BytesIO(raw)) as packed:
            name = _chosen([name for name in packed.namelist()[:MOST_MEMBERS] if not name.endswith("/")], path)
            with packed.open(name) as file:
                return _capped(file.read, path), name
    return raw, path.name


def _capped(read_bytes: Callable[[int], bytes], path: Path) -> bytes:
    """Never more than a model may have, whatever the archive unpacks to."""
    raw = read_bytes(MAX_MODEL_BYTES + 1)
    if len(raw) > MAX_MODEL_BYTES:
        raise UserError(f"{path}: expected at most {MAX_MODEL_BYTES} bytes when unpacked, got more")
    return raw


def _chosen(names: list[str], path: Path) -> str:
    """The member that is the model: by its name, or the only one there is."""
    for wanted in MODEL_NAMES:
        found = [name for name in names if PurePosixPath(name).name == wanted]
        if len(found) == 1:
            return found[0]
    if len(names) == 1:
        return names[0]
    got = ", ".join(names[:10]) or "nothing"
    raise UserError(f"{path}: expected an archive with one of {', '.join(MODEL_NAMES)}, or one file, got {got}")
