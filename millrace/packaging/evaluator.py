"""Builds the evaluator's Lambda package, `evaluator.zip`: every module of the functions, nothing made for one machine.

So one package serves both architectures. It is the scorer's code too: the two share how records and models are read.
"""

from pathlib import Path

from millrace.packaging.archive import Budget, Package, PackageRecipe
from millrace.paths import FUNCTIONS, ROOT

BUDGET = Budget(zipped=700_000, unzipped=2_000_000)


def build(*, folder: Path = ROOT / "build", force: bool = False) -> Package:
    """Build `evaluator.zip` in `folder`, unless its inputs are unchanged. Raises PackageError."""
    modules = sorted(FUNCTIONS.rglob("*.py"))
    return PackageRecipe("evaluator", BUDGET, modules, inputs=[Path(__file__)]).build(folder, force=force)
