"""Builds the authorizer's Lambda package, `authorizer-<architecture>.zip`: what its handler imports.

cryptography is compiled for one architecture, and most of the package. It is not in the scorer's packages.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

from millrace.packaging import archive, scorer
from millrace.packaging.archive import Budget, Package, PackageError, PackageRecipe
from millrace.paths import FUNCTIONS, ROOT

LOCK = ROOT / "requirements" / "authorizer.txt"
BUDGET = Budget(zipped=6_500_000, unzipped=17_500_000)
# Of the wheels: modules and compiled libraries, not what is for type checkers, compilers or tests.
KEPT = ("_cffi_backend*.so", "cryptography/**/*.py", "cryptography/**/*.so", "jwt/**/*.py")


def build(architecture: str, *, folder: Path = ROOT / "build", force: bool = False) -> Package:
    """Build the package in `folder`, unless its inputs are unchanged. Raises PackageError."""
    if architecture not in scorer.PLATFORMS:
        raise PackageError(f"architecture: expected one of {', '.join(scorer.PLATFORMS)}, got {architecture!r}")
    recipe = PackageRecipe(
        name=name(architecture),
        budget=BUDGET,
        modules=archive.imported(FUNCTIONS / "authorizer" / "handler.py"),
        inputs=[LOCK, Path(__file__), Path(scorer.__file__)],
        stage=partial(_stage, architecture),
    )
    return recipe.build(folder, force=force)


def name(architecture: str) -> str:
    """The package's name; its file is `<name>.zip`."""
    return f"authorizer-{architecture}"


def _stage(architecture: str, staging: Path) -> None:
    wheels = staging / archive.WHEELS
    scorer.install(architecture, LOCK, wheels)
    for path in _kept(wheels):
        archive.copy(path, staging / archive.TREE / path.relative_to(wheels))


def _kept(wheels: Path) -> Iterator[Path]:
    for pattern in KEPT:
        found = sorted(wheels.glob(pattern))
        if not found:
            raise PackageError(f"expected files like {pattern} in the locked wheels, found none; adapt KEPT")
        yield from found
