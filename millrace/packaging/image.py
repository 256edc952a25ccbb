"""Puts together what the container image gets beyond Python: `python -m millrace.packaging.image arm64`.

The folder build/image/<architecture> is the build's context (container/Containerfile): the HTTP package with the
server, and the wheels of requirements/server.txt. Everything is locked, and made for the target on any host, so that
the build itself downloads and compiles nothing.
"""

import shutil
import sys
import zipfile
from functools import partial
from pathlib import Path

from millrace.console import show
from millrace.errors import UserError
from millrace.packaging import archive, native, scorer
from millrace.packaging.archive import Budget, PackageRecipe
from millrace.packaging.flavour import Flavour
from millrace.paths import FUNCTIONS, ROOT
from terminal.console import write

LOCK = ROOT / "requirements" / "server.txt"
SERVER = FUNCTIONS / "scorer" / "server" / "__main__.py"
# What runs in the build.
SCRIPTS = (ROOT / "container" / "collect.py", ROOT / "container" / "describe.py")
BUDGET = Budget(zipped=40_000_000, unzipped=110_000_000)
# An image is not read on every cold start: it serves models of every framework.
FLAVOUR = Flavour(xgboost=True, onnx=True, images=True)
# Of the wheels: what is for those who compile against them, or type-check.
LEFT_OUT = (".pyx", ".pxd", ".c", ".h", ".pyi")


def context(architecture: str, folder: Path = ROOT / "build") -> Path:
    """The build's context for an architecture, made unless its inputs are unchanged. Raises PackageError."""
    trouble = native.trouble()
    recipe = PackageRecipe(
        name=f"image-{architecture}",
        budget=BUDGET,
        modules=sorted({*scorer.http_modules(), *archive.imported(SERVER)}),
        inputs=[LOCK, *FLAVOUR.locks, *SCRIPTS],
        others=[trouble or native.inputs_digest()],
        stage=partial(_stage, architecture, trouble),
    )
    package = recipe.build(folder, native=not trouble)
    target = folder / "image" / architecture
    shutil.rmtree(target, ignore_errors=True)
    with zipfile.ZipFile(package.path) as files:
        files.extractall(target / "app")
    shutil.copyfile(archive.bill_of(package.path), target / "package.cdx.json")
    for script in SCRIPTS:
        shutil.copyfile(script, target / script.name)
    return target


def _stage(architecture: str, trouble: str, staging: Path) -> None:
    scorer.stage(architecture, FLAVOUR, trouble, staging)
    wheels = staging / "server-wheels"
    scorer.install(architecture, LOCK, wheels)
    for path in wheels.rglob("*"):
        inner = path.relative_to(wheels)
        if path.is_file() and not path.name.endswith(LEFT_OUT) and inner.parts[0] not in ("bin", ".lock"):
            archive.copy(path, staging / archive.TREE / inner)


def main() -> int:
    try:
        for architecture in sys.argv[1:] or [scorer.host_architecture()]:
            write(str(context(architecture)))
    except UserError as error:
        show.error(str(error))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
