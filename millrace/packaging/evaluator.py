"""Builds the evaluator's Lambda package: what its handler imports, with DuckDB and numpy from the lock.

Without scipy, of which the evaluator would use two functions: with it the package is twice as large, more than a direct
upload may have (ADR 53).
"""

from functools import partial
from pathlib import Path

from millrace.packaging import archive, scorer
from millrace.packaging.archive import Budget, Package, PackageRecipe, imported
from millrace.paths import FUNCTIONS, ROOT

LOCK = ROOT / "requirements" / "evaluator.txt"
# A direct upload has up to 50 MB.
BUDGET = Budget(zipped=45_000_000, unzipped=135_000_000)
# What is taken from the wheels, and what is left out of that: tests, and what other packages are compiled with.
TAKEN = ("_duckdb*.so", "duckdb/**/*.py", "duckdb-*/METADATA", "numpy/**/*.py", "numpy/**/*.so", "numpy.libs/*")
LEFT_OUT = ("tests", "f2py", "typing", "_pyinstaller")


def build(architecture: str, *, folder: Path = ROOT / "build", force: bool = False) -> Package:
    """Build `evaluator-<architecture>.zip` in `folder`, unless its inputs are unchanged. Raises PackageError."""
    scorer.check(architecture)
    recipe = PackageRecipe(
        name=name(architecture),
        budget=BUDGET,
        modules=_modules(),
        inputs=[LOCK],
        stage=partial(stage, architecture, TAKEN),
        level=6,
    )
    return recipe.build(folder, force=force)


def name(architecture: str) -> str:
    """The package's name; its file is `<name>.zip`."""
    return f"evaluator-{architecture}"


def stage(architecture: str, taken: tuple[str, ...], staging: Path) -> None:
    """Add the files of the locked wheels that match `taken`."""
    installed = staging / archive.WHEELS
    scorer.install(architecture, LOCK, installed)
    for path in scorer.kept(installed, taken, "TAKEN"):
        inside = path.relative_to(installed)
        if not set(inside.parts) & set(LEFT_OUT):
            archive.copy(path, staging / archive.TREE / inside)


def _modules() -> list[Path]:
    """The modules of functions/ that the handler imports, wherever in the code: none of them is imported by a text.

    Without the native engine, which a build for this machine may have left there: the evaluator decodes nothing.
    """
    return imported(FUNCTIONS / "evaluator" / "handler.py")
