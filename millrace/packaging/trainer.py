"""Builds the trainer's Lambda package: numpy, scipy, scikit-learn, onnx and ONNX Runtime's library from the lock.

Lambda accepts 250 MB unzipped, from S3. Only modules and libraries come from the wheels.
"""

from functools import partial
from pathlib import Path

from millrace.packaging import archive, elf, native, scorer
from millrace.packaging.archive import Budget, Package, PackageRecipe, imported
from millrace.paths import FUNCTIONS, ROOT

LOCK = ROOT / "requirements" / "trainer.txt"
LAMBDAS_LIMIT = 250 * 1024 * 1024  # of a function's code, unzipped
BUDGET = Budget(zipped=95_000_000, unzipped=240_000_000)
PACKAGES = (
    "cloudpickle", "google", "joblib", "ml_dtypes", "narwhals", "numpy", "onnx", "scipy", "skl2onnx", "sklearn",
)  # fmt: skip
TAKEN = (
    *(f"{name}/**/*.py" for name in PACKAGES),
    *(f"{name}/**/*.so" for name in ("ml_dtypes", "numpy", "onnx", "scipy", "sklearn", "google")),
    "sklearn/utils/_repr_html/*.css", "sklearn/utils/_repr_html/*.js",
    "threadpoolctl.py", "typing_extensions.py", "*.libs/*", "onnxruntime/capi/libonnxruntime.so.*",
    "*/METADATA",
)  # fmt: skip
# Libraries with tables that no loader reads, of 23 MB in one of them.
SHRUNK = ("ml_dtypes/*.so", "*.libs/*openblas*")
# Of that: tests, and what compiles other packages.
LEFT_OUT = ("tests", "test", "_pyinstaller")
# And what no learner imports.
UNUSED = ("onnx/backend", "onnx/reference", "scipy/fftpack", "scipy/odr", "scipy/signal")


def build(architecture: str, *, folder: Path = ROOT / "build", force: bool = False) -> Package:
    """Build `trainer-<architecture>.zip` in `folder`, unless its inputs are unchanged. Raises PackageError."""
    scorer.check(architecture)
    trouble = native.trouble()
    recipe = PackageRecipe(
        name=name(architecture),
        budget=BUDGET,
        modules=_modules(),
        inputs=[LOCK, *map(Path, (__file__, scorer.__file__, elf.__file__))],
        others=[trouble or native.inputs_digest()],
        stage=partial(_stage, architecture, trouble),
        level=6,
    )
    return recipe.build(folder, native=not trouble, force=force)


def name(architecture: str) -> str:
    """The package's name; its file is `<name>.zip`."""
    return f"trainer-{architecture}"


def _stage(architecture: str, trouble: str, staging: Path) -> None:
    installed, tree = staging / archive.WHEELS, staging / archive.TREE
    scorer.install(architecture, LOCK, installed)
    for path in scorer.kept(installed, TAKEN, "TAKEN"):
        inside = path.relative_to(installed)
        if not set(inside.parts) & set(LEFT_OUT) and not inside.as_posix().startswith(UNUSED):
            archive.copy(path, tree / inside)
    for pattern in SHRUNK:
        for path in tree.glob(pattern):
            path.write_bytes(elf.shrunk(path.read_bytes()))
    if not trouble:
        native.build(architecture, tree / native.MODULE.relative_to(FUNCTIONS))


def _modules() -> list[Path]:
    """The modules of functions/ that the handler imports, and what loads a model in a child process."""
    return imported(FUNCTIONS / "trainer" / "handler.py")
