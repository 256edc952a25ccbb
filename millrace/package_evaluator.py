"""Builds the evaluator's Lambda package, `evaluator.zip`: every module of the functions, nothing made for one machine.

So one package serves both architectures. It is the scorer's code too: the two share how records and models are read.
"""

from pathlib import Path
from typing import NamedTuple

from millrace import archive
from millrace.archive import Budget
from millrace.paths import FUNCTIONS, ROOT

NAME = "evaluator"
BUDGET = Budget(zipped=700_000, unzipped=2_000_000)


class Package(NamedTuple):
    """A built package: where it lies, and its size in bytes."""

    path: Path
    zipped: int
    unzipped: int
    built: bool


def build(*, folder: Path = ROOT / "build", force: bool = False) -> Package:
    """Build `evaluator.zip` in `folder`, unless its inputs are unchanged. Raises PackageError."""
    target = folder / f"{NAME}.zip"
    built = archive.make(target, archive.digest([Path(__file__), *_modules()]), _stage, force=force)
    return Package(target, *archive.sizes(target, BUDGET), built)


def _stage(staging: Path) -> None:
    for path in _modules():
        archive.copy(path, staging / archive.TREE / path.relative_to(FUNCTIONS))


def _modules() -> list[Path]:
    return sorted(FUNCTIONS.rglob("*.py"))
