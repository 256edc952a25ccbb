"""Builds the scorer's Lambda packages: what each imports and nothing else, byte for byte the same each time.

`scorer-<architecture>.zip` is for event streams, `http-<architecture>.zip` for the HTTP endpoint,
`batch-<architecture>.zip` for batches.

Wheels come from the locks in requirements/, and the native engine from its sources, for the target's architecture,
whatever the host is. The libraries of frameworks are most of a package: which of them it contains is its flavour.
"""

import subprocess
import sys
from collections.abc import Iterable, Iterator
from functools import partial
from pathlib import Path

from millrace.packaging import archive, authorities, elf, native
from millrace.packaging.archive import Budget, Package, PackageError, PackageRecipe
from millrace.packaging.flavour import Flavour
from millrace.packaging.native import host_architecture as host_architecture
from millrace.paths import FUNCTIONS, ROOT
from sinks import SINKS

PARTS = (
    "aws_client", "capture", "images", "inputs", "model_store", "native", "predictors", "records", "resilience",
    "scorer", "scoring", "serving", "sinks", "sources", "telemetry",
)  # fmt: skip
# Of the package `scorer`, the entry points of the other packages.
HTTP_HANDLER, BATCH_HANDLER = "scorer/http_handler.py", "scorer/batch.py"
OTHER_ENTRIES = (HTTP_HANDLER, "scorer/server", BATCH_HANDLER)
# What the handler of the HTTP endpoint imports by a text: the sinks of the shadow.
HTTP_BY_TEXT = tuple(f"sinks/{name}.py" for name in SINKS)
# The files of its page.
HTTP_FILES = "http_api/static"
# Of the evaluation what the scorer counts with for drift.
COUNTING = tuple(
    f"evaluation/{name}.py"
    for name in ("__init__", "divergence", "drift", "drift_counts", "errors", "histograms", "sampling")
)
PLATFORMS = {"arm64": "aarch64-manylinux_2_28", "x86_64": "x86_64-manylinux_2_28"}

ROOTS = Path("aws_client", "amazon_roots.pem")

DEFAULT = Flavour()
STREAM, HTTP, BATCH = ENTRIES = ("scorer", "http", "batch")
# What the packages may have beyond the scorer's budget.
MORE = {STREAM: Budget(0, 0), HTTP: Budget(50_000, 100_000), BATCH: Budget(30_000, 60_000)}

# The bundle that AWS's certificate authorities are in.
BUNDLE = Path("certifi", "cacert.pem")


def build(
    architecture: str,
    flavour: Flavour = DEFAULT,
    *,
    entry: str = STREAM,
    folder: Path = ROOT / "build",
    force: bool = False,
) -> Package:
    """Build the package in `folder`, unless its inputs are unchanged. Raises PackageError.

    flavour : the libraries in it. entry : one of ENTRIES.
    The native engine is left out where this machine cannot compile it, and Python does its work; it or XGBoost must be
    there.
    """
    check(architecture)
    trouble = native.trouble()
    if trouble and not flavour.xgboost:
        raise PackageError(f"a package without XGBoost needs the native engine, which cannot be built: {trouble}")
    recipe = _recipe(architecture, flavour, trouble, entry)
    return recipe.build(folder, native=not trouble, force=force)


def check(architecture: str) -> None:
    """Raises PackageError for an architecture that no package is built for."""
    if architecture not in PLATFORMS:
        raise PackageError(f"architecture: expected one of {', '.join(PLATFORMS)}, got {architecture!r}")


def name(architecture: str, flavour: Flavour, entry: str = STREAM) -> str:
    """The package's name; its file is `<name>.zip`."""
    return f"{entry}-{architecture}{flavour.suffix}"


def budget(flavour: Flavour, entry: str = STREAM) -> Budget:
    return Budget(flavour.budget.zipped + MORE[entry].zipped, flavour.budget.unzipped + MORE[entry].unzipped)


def _recipe(architecture: str, flavour: Flavour, trouble: str, entry: str = STREAM) -> PackageRecipe:
    """Of the locks, the sources, the native engine. trouble : why that one cannot be built, if so."""
    return PackageRecipe(
        name=name(architecture, flavour, entry),
        budget=budget(flavour, entry),
        modules=flavour.kept(MODULES[entry]()),
        inputs=flavour.locks,
        others=[trouble or native.inputs_digest()],
        stage=partial(stage, architecture, flavour, trouble),
    )


def stage(architecture: str, flavour: Flavour, trouble: str, staging: Path) -> None:
    """Add to a package what is not a module: the frameworks' libraries, certificate authorities, the native engine."""
    wheels, tree = staging / archive.WHEELS, staging / archive.TREE
    for lock in flavour.locks:
        install(architecture, lock, wheels)
    for path in kept(wheels, flavour.files):
        archive.copy(path, tree / path.relative_to(wheels))
    for path in (path for pattern in flavour.shrunk for path in tree.glob(pattern)):
        path.write_bytes(elf.shrunk(path.read_bytes()))
    (tree / ROOTS).write_text(authorities.amazon(wheels / BUNDLE))
    if not trouble:
        native.build(architecture, tree / native.MODULE.relative_to(FUNCTIONS))


def _modules() -> list[Path]:
    """Every module of the scorer's packages, but the other entry points: what is not to be shipped is not in there."""
    whole = (path for part in PARTS for path in (FUNCTIONS / part).rglob("*.py"))
    ours = (path for path in whole if not path.relative_to(FUNCTIONS).as_posix().startswith(OTHER_ENTRIES))
    return sorted([*ours, *(FUNCTIONS / name for name in COUNTING)])


def http_modules() -> list[Path]:
    """What the handler of the HTTP endpoint imports, wherever in the code, and the files of its page."""
    found = set(archive.imported(FUNCTIONS / HTTP_HANDLER, *(FUNCTIONS / name for name in HTTP_BY_TEXT)))
    return sorted(found | {path for path in (FUNCTIONS / HTTP_FILES).rglob("*") if path.is_file()})


def batch_modules() -> list[Path]:
    """What the handler of batches imports, wherever in the code."""
    return archive.imported(FUNCTIONS / BATCH_HANDLER)


MODULES = {STREAM: _modules, HTTP: http_modules, BATCH: batch_modules}


def install(architecture: str, lock: Path, target: Path) -> None:
    """Unpack the wheels of a lock for an architecture. Raises PackageError."""
    command = [
        str(Path(sys.executable).with_name("uv")), "pip", "install", "--quiet", "--target", str(target),
        "--python", sys.executable, "--python-version", "3.13", "--python-platform", PLATFORMS[architecture],
        "--no-deps", "--only-binary", ":all:", "--require-hashes", "--requirements", str(lock),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command line
    if done.returncode:
        raise PackageError(f"could not install {lock.name} for {architecture}: {done.stderr.strip()}")


def kept(wheels: Path, patterns: Iterable[str], adapt: str = "the framework's package_parts") -> Iterator[Path]:
    """The files of the wheels that a package takes. adapt : what names the patterns. Raises PackageError."""
    for pattern in patterns:
        found = sorted(path for path in wheels.glob(pattern) if path.is_file())
        if not found:
            raise PackageError(f"expected files like {pattern} in the locked wheels, found none; adapt {adapt}")
        yield from found
