"""Builds the authorizer's Lambda package, `authorizer-<architecture>.zip`: what its handler imports.

cryptography is compiled for one architecture, and most of the package. It is not in the scorer's packages.
"""

from functools import partial
from pathlib import Path

from millrace.packaging import archive, scorer
from millrace.packaging.archive import Budget, Package, PackageRecipe
from millrace.paths import FUNCTIONS, ROOT

LOCK = ROOT / "requirements" / "authorizer.txt"
BUDGET = Budget(zipped=6_500_000, unzipped=17_500_000)
# Of the wheels: modules and compiled libraries, not what is for type checkers, compilers or tests.
KEPT = ("_cffi_backend*.so", "cryptography/**/*.py", "cryptography/**/*.so", "jwt/**/*.py")


def build(architecture: str, *, folder: Path = ROOT / "build", force: bool = False) -> Package:
    """Build the package in `folder`, unless its inputs are unchanged. Raises PackageError."""
    scorer.check(architecture)
    recipe = PackageRecipe(
        name=name(architecture),
        budget=BUDGET,
        modules=archive.imported(FUNCTIONS / "authorizer" / "handler.py"),
        inputs=[LOCK],
        stage=partial(_stage, architecture),
    )
    return recipe.build(folder, force=force)


def name(architecture: str) -> str:
    """The package's name; its file is `<name>.zip`."""
    return f"authorizer-{architecture}"


def _stage(architecture: str, staging: Path) -> None:
    wheels = staging / archive.WHEELS
    scorer.install(architecture, LOCK, wheels)
    for path in scorer.kept(wheels, KEPT, "KEPT"):
        archive.copy(path, staging / archive.TREE / path.relative_to(wheels))
