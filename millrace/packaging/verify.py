"""Whether a package is what these sources make: it is built again, and compared byte for byte."""

import zipfile
from difflib import get_close_matches
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

from millrace.packaging.archive import LAMBDAS_LIMIT, PackageError
from millrace.packaging.catalogue import builders
from millrace.paths import SCRATCH
from model_store.errors import SigningKeyInvalid
from model_store.signature import PublicKeys


def differences(package: Path) -> list[str]:
    """How the package differs from what is built here under its name, an entry a line. Raises PackageError."""
    known = builders()
    if package.stem not in known:
        raise PackageError(
            f"expected the name that `millrace package build` gives a package, such as "
            f"{get_close_matches(package.stem, known, 1, 0)[0]}.zip, got {package.name}; do not rename it"
        )
    given = package.read_bytes()
    theirs = _entries(package.name, given)  # before the build, which takes longer
    SCRATCH.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(prefix="verify-", dir=SCRATCH) as folder:
        built = known[package.stem](Path(folder)).path.read_bytes()
    return [] if given == built else _compare(theirs, _entries(package.name, built))


def signed(package: Path, signature: Path, public_key: Path) -> bool:
    """Whether `signature` (ECDSA over P-256 with SHA-256, in DER) is the package's by a key in `public_key` (PEM).

    Raises SigningKeyInvalid.
    """
    try:
        keys = PublicKeys.read(public_key.read_text(errors="replace"))  # what is no text is no key
    except SigningKeyInvalid as invalid:
        raise SigningKeyInvalid(f"{public_key}: {invalid}") from None
    return keys.signer(package.read_bytes(), signature.read_bytes()) is not None


def _compare(theirs: dict[str, bytes], ours: dict[str, bytes]) -> list[str]:
    lines = [
        *(f"not from these sources: {_shown(name)}" for name in theirs if name not in ours),
        *(f"missing: {name}" for name in ours if name not in theirs),
        *(f"changed: {name}" for name in theirs if name in ours and theirs[name] != ours[name]),
    ]
    return lines or ["the same entries, in another order, twice, or with other attributes"]


def _entries(name: str, package: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(BytesIO(package)) as archive:
            size = sum(entry.file_size for entry in archive.infolist())
            if size <= LAMBDAS_LIMIT:  # an entry gives no more than the size that the zip says it has
                return {entry: archive.read(entry) for entry in sorted(archive.namelist())}
    except Exception as error:  # of damaged bytes zipfile raises a dozen kinds, and documents one
        reason = _shown(str(error)) or "it ends too early"
        raise PackageError(f"{name}: expected a zip, got a file that cannot be read as one ({reason})") from None
    raise PackageError(f"{name}: expected at most {LAMBDAS_LIMIT:,} bytes unzipped, Lambda's limit; got {size:,}")


def _shown(text: str) -> str:
    """A text that has names of entries, which anyone may have chosen, in one line of any terminal."""
    return text if text.isascii() and text.isprintable() else ascii(text)
