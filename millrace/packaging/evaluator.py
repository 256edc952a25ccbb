"""Builds the evaluator's Lambda package, `evaluator.zip`: what its handler imports, nothing made for one machine.

So one package serves both architectures.
"""

from pathlib import Path

from millrace.packaging.archive import Budget, Package, PackageRecipe, imported
from millrace.paths import FUNCTIONS, ROOT

BUDGET = Budget(zipped=600_000, unzipped=1_300_000)


def build(*, folder: Path = ROOT / "build", force: bool = False) -> Package:
    """Build `evaluator.zip` in `folder`, unless its inputs are unchanged. Raises PackageError."""
    return PackageRecipe("evaluator", BUDGET, _modules(), inputs=[Path(__file__)]).build(folder, force=force)


def _modules() -> list[Path]:
    """The modules of functions/ that the handler imports, wherever in the code: none of them is imported by a text.

    Without the native engine, which a build for this machine may have left there: the evaluator decodes nothing.
    """
    return imported(FUNCTIONS / "evaluator" / "handler.py")
