"""Builds the evaluator's Lambda package, `evaluator.zip`: every module of the functions, nothing made for one machine.

So one package serves both architectures. It is the scorer's code too: the two share how records and models are read.
"""

import hashlib
import shutil
import sys
import zipfile
from pathlib import Path
from typing import NamedTuple

from millrace.package import PackageError, _compile, _copy, _zip
from millrace.paths import ROOT

FUNCTIONS = ROOT / "functions"
NAME = "evaluator"
# Budgets in bytes.
MAX_ZIPPED = 700_000
MAX_UNZIPPED = 2_000_000


class Package(NamedTuple):
    """A built package: where it lies, and its size in bytes."""

    path: Path
    zipped: int
    unzipped: int
    built: bool


def build(*, folder: Path = ROOT / "build", force: bool = False) -> Package:
    """Build `evaluator.zip` in `folder`, unless its inputs are unchanged. Raises PackageError."""
    target, stamp = folder / f"{NAME}.zip", folder / f"{NAME}.inputs"
    inputs = _inputs_digest()
    fresh = not force and target.exists() and stamp.exists() and stamp.read_text() == inputs
    if not fresh:
        staging = folder / f"staging-{NAME}"
        shutil.rmtree(staging, ignore_errors=True)
        for path in _modules():
            _copy(path, staging / "tree" / path.relative_to(FUNCTIONS))
        _compile(staging / "tree")
        _zip(staging, target)
        stamp.write_text(inputs)
        shutil.rmtree(staging)
    return _within_budget(target, built=not fresh)


def _modules() -> list[Path]:
    return sorted(FUNCTIONS.rglob("*.py"))


def _within_budget(target: Path, *, built: bool) -> Package:
    with zipfile.ZipFile(target) as archive:
        unzipped = sum(entry.file_size for entry in archive.infolist())
    package = Package(target, target.stat().st_size, unzipped, built)
    for name, size, budget in (("zipped", package.zipped, MAX_ZIPPED), ("unzipped", unzipped, MAX_UNZIPPED)):
        if size > budget:
            raise PackageError(f"{target.name}: expected at most {budget:,} bytes {name}, got {size:,}")
    return package


def _inputs_digest() -> str:
    """What the package depends on: the modules, this file and the Python that compiles."""
    digest = hashlib.sha256(sys.version.encode())
    for path in (Path(__file__), *_modules()):
        digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
