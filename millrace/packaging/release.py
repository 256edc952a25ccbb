"""Builds the release function's Lambda package, `release-<architecture>.zip`: what its handler imports, with numpy.

It reads no model: neither a framework's library nor DuckDB is in it.
"""

from functools import partial
from pathlib import Path

from millrace.packaging import evaluator, scorer
from millrace.packaging.archive import Budget, Package, PackageRecipe, imported
from millrace.paths import FUNCTIONS, ROOT

BUDGET = Budget(zipped=20_000_000, unzipped=62_000_000)
TAKEN = tuple(pattern for pattern in evaluator.TAKEN if pattern.startswith("numpy"))


def build(architecture: str, *, folder: Path = ROOT / "build", force: bool = False) -> Package:
    """Build the package in `folder`, unless its inputs are unchanged. Raises PackageError."""
    scorer.check(architecture)
    recipe = PackageRecipe(
        name=name(architecture),
        budget=BUDGET,
        modules=imported(FUNCTIONS / "release_workflow" / "handler.py"),
        inputs=[evaluator.LOCK],
        stage=partial(evaluator.stage, architecture, TAKEN),
        level=6,
    )
    return recipe.build(folder, force=force)


def name(architecture: str) -> str:
    """The package's name; its file is `<name>.zip`."""
    return f"release-{architecture}"
