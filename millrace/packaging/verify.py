"""Whether a package is what these sources make: it is built again, and compared byte for byte."""

import zipfile
from difflib import get_close_matches
from pathlib import Path
from tempfile import TemporaryDirectory

from millrace.packaging.archive import PackageError
from millrace.packaging.catalogue import builders
from millrace.paths import SCRATCH
from model_store.signature import PublicKeys


def differences(package: Path) -> list[str]:
    """How the package differs from what is built here under its name, an entry a line. Raises PackageError."""
    known = builders()
    if package.stem not in known:
        raise PackageError(
            f"expected the name that `millrace package build` gives a package, such as "
            f"{get_close_matches(package.stem, known, 1, 0)[0]}.zip, got {package.name}; do not rename it"
        )
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="verify-", dir=SCRATCH) as folder:
        return _compare(package, known[package.stem](Path(folder)).path)


def signed(package: Path, signature: Path, public_key: Path) -> bool:
    """Whether `signature` (ECDSA over P-256 with SHA-256, in DER) is the package's by a key in `public_key` (PEM)."""
    return PublicKeys.read(public_key.read_text()).signer(package.read_bytes(), signature.read_bytes()) is not None


def _compare(given: Path, built: Path) -> list[str]:
    if given.read_bytes() == built.read_bytes():
        return []
    theirs, ours = _entries(given), _entries(built)
    lines = [
        *(f"not from these sources: {name}" for name in theirs if name not in ours),
        *(f"missing: {name}" for name in ours if name not in theirs),
        *(f"changed: {name}" for name in theirs if name in ours and theirs[name] != ours[name]),
    ]
    return lines or ["the same entries, in another order, twice, or with other attributes"]


def _entries(package: Path) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(package) as archive:
            return {name: archive.read(name) for name in sorted(archive.namelist())}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise PackageError(f"{package.name}: expected a zip, got a file that cannot be read as one ({error})") from None
