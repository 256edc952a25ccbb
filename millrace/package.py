"""Builds the scorer's Lambda package: what it imports and nothing else, byte for byte the same each time.

Wheels come from the lock in requirements/scorer.txt, for the target's architecture, whatever the host is.
"""

import hashlib
import platform
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from millrace.errors import UserError
from millrace.paths import ROOT

LOCK = ROOT / "requirements" / "scorer.txt"
SOURCES = (ROOT / "functions" / "model_store", ROOT / "functions" / "scorer")
PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}

# Budgets in bytes; Lambda's own limits are 50 MB zipped (direct upload) and 250 MB unzipped.
MAX_ZIPPED = 11_000_000
MAX_UNZIPPED = 40_000_000

# From each wheel only what the scorer imports: libxgboost by its C API, botocore's models of the services called.
KEEP = (
    "xgboost/lib/*.so",
    "xgboost_cpu.libs/*",
    "botocore/*.py",
    "botocore/crt/__init__.py",
    "botocore/docs/**/*.py",
    "botocore/cacert.pem",
    "botocore/retries/*.py",
    "botocore/vendored/**/*.py",
    "botocore/data/*.json",
    "botocore/data/kinesis/**/*.json.gz",
    "botocore/data/s3/**/*.json.gz",
    "botocore/data/sns/**/*.json.gz",
    "botocore/data/sqs/**/*.json.gz",
    "dateutil/**/*.py",
    "jmespath/**/*.py",
    "six.py",
    "urllib3/**/*.py",
)
DROP = (
    "botocore/data/**/examples-1.json.gz",
    "botocore/data/**/paginators-1*.json.gz",
    "botocore/data/**/waiters-2*.json.gz",
    "urllib3/contrib/emscripten/**/*.py",
)


class PackageError(UserError):
    """The package could not be built; the message says what was expected and what to do."""


@dataclass(frozen=True, slots=True)
class Package:
    """A built package: where it lies, and its size in bytes."""

    path: Path
    zipped: int
    unzipped: int
    built: bool


def host_architecture() -> str:
    """Lambda's name for this machine's architecture."""
    return {"aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "x86_64")


def build(architecture: str, *, folder: Path = ROOT / "build", force: bool = False) -> Package:
    """Build `scorer-<architecture>.zip` in `folder`, unless its inputs are unchanged. Raises PackageError."""
    if architecture not in PLATFORMS:
        raise PackageError(f"architecture: expected one of {', '.join(PLATFORMS)}, got {architecture!r}")
    target, stamp = folder / f"scorer-{architecture}.zip", folder / f"scorer-{architecture}.inputs"
    inputs = _inputs_digest()
    fresh = not force and target.exists() and stamp.exists() and stamp.read_text() == inputs
    if not fresh:
        staging = folder / f"staging-{architecture}"
        _stage(architecture, staging)
        _zip(staging, target)
        stamp.write_text(inputs)
        shutil.rmtree(staging)
    return _within_budget(target, built=not fresh)


def _stage(architecture: str, staging: Path) -> None:
    shutil.rmtree(staging, ignore_errors=True)
    wheels, tree = staging / "wheels", staging / "tree"
    _install(architecture, wheels)
    for path in _kept(wheels):
        _copy(path, tree / path.relative_to(wheels))
    for source in SOURCES:
        for path in source.rglob("*.py"):
            _copy(path, tree / path.relative_to(source.parent))
    _compile(tree)


def _install(architecture: str, target: Path) -> None:
    command = [
        str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet", "--target", str(target),
        "--python", sys.executable, "--python-version", "3.13", "--python-platform", PLATFORMS[architecture],
        "--no-deps", "--only-binary", ":all:", "--require-hashes", "--requirements", str(LOCK),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command line
    if done.returncode:
        raise PackageError(f"could not install {LOCK.name} for {architecture}: {done.stderr.strip()}")


def _kept(wheels: Path) -> Iterator[Path]:
    dropped = {path for pattern in DROP for path in wheels.glob(pattern)}
    for pattern in KEEP:
        found = sorted(path for path in wheels.glob(pattern) if path.is_file())
        if not found:
            raise PackageError(f"expected files like {pattern} in the locked wheels, found none; adapt KEEP")
        yield from (path for path in found if path not in dropped)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)


def _compile(tree: Path) -> None:
    """Ship bytecode, which Lambda cannot cache: by content, not by time, and without this machine's paths."""
    command = [
        sys.executable, "-m", "compileall", "-q", "-f", "-j", "1", "-s", str(tree),
        "--invalidation-mode", "unchecked-hash", str(tree),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command line
    if done.returncode:
        raise PackageError(f"could not compile the package: {done.stdout.strip()}")


def _zip(staging: Path, target: Path) -> None:
    tree = staging / "tree"
    partial = target.with_suffix(".partial")
    with zipfile.ZipFile(partial, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(path for path in tree.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(path.relative_to(tree).as_posix(), date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, path.read_bytes())
    partial.replace(target)


def _within_budget(target: Path, *, built: bool) -> Package:
    with zipfile.ZipFile(target) as archive:
        unzipped = sum(entry.file_size for entry in archive.infolist())
    package = Package(target, target.stat().st_size, unzipped, built)
    for name, size, budget in (("zipped", package.zipped, MAX_ZIPPED), ("unzipped", unzipped, MAX_UNZIPPED)):
        if size > budget:
            raise PackageError(f"{target.name}: expected at most {budget:,} bytes {name}, got {size:,}")
    return package


def _inputs_digest() -> str:
    """What the package depends on: the lock, the sources, this file and the Python that compiles."""
    digest = hashlib.sha256(sys.version.encode())
    files = [LOCK, Path(__file__), *(path for source in SOURCES for path in source.rglob("*.py"))]
    for path in sorted(files):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
