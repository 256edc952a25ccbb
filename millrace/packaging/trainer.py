"""Builds the trainer's Lambda packages, one for each framework that it makes models of, of the locked wheels.

`trainer-<architecture>.zip` has scikit-learn, onnx and ONNX Runtime's library; `trainer-<architecture>-xgboost.zip`
XGBoost; both numpy and scipy. Lambda accepts 250 MB unzipped, from S3. Only modules and libraries come from the wheels.
"""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from millrace.errors import UserError
from millrace.packaging import archive, elf, native, scorer
from millrace.packaging.archive import Budget, Package, PackageRecipe, imported
from millrace.packaging.flavour import Flavour
from millrace.paths import FUNCTIONS, ROOT

# Tests, and what compiles other packages.
LEFT_OUT = ("tests", "test", "_pyinstaller")
# What both have of numpy and scipy, and what no learner imports of that.
_ARRAYS = (
    *(f"{name}/**/*.{kind}" for name in ("numpy", "scipy") for kind in ("py", "so")), "numpy.libs/*", "scipy.libs/*",
)  # fmt: skip
_OPENBLAS = "*.libs/*openblas*"
_UNUSED_OF_SCIPY = ("scipy/fftpack", "scipy/odr", "scipy/signal")


@dataclass(frozen=True, slots=True)
class TrainerFlavour:
    """What the package for a framework has.

    lock : in requirements/. learners : modules of functions/. modules : which modules of predictors are of use in it.
    taken : of the wheels, as patterns. shrunk : of these, libraries with tables that no loader reads. unused : of
    these, what no learner imports.
    """

    suffix: str
    lock: str
    learners: tuple[str, ...]
    modules: Flavour
    taken: tuple[str, ...]
    shrunk: tuple[str, ...]
    unused: tuple[str, ...]
    budget: Budget

    @property
    def lock_file(self) -> Path:
        return ROOT / "requirements" / f"{self.lock}.txt"


_OF_ONNX = ("cloudpickle", "google", "joblib", "ml_dtypes", "narwhals", "onnx", "skl2onnx", "sklearn")
FLAVOURS = {
    "onnx": TrainerFlavour(
        suffix="",
        lock="trainer",
        learners=("graphs", "text_learner"),
        modules=Flavour(onnx=True),
        taken=(
            *_ARRAYS,
            *(f"{name}/**/*.py" for name in _OF_ONNX),
            *(f"{name}/**/*.so" for name in ("ml_dtypes", "onnx", "sklearn", "google")),
            "sklearn/utils/_repr_html/*.css", "sklearn/utils/_repr_html/*.js", "threadpoolctl.py",
            "typing_extensions.py", "scikit_learn.libs/*", "onnxruntime/capi/libonnxruntime.so.*", "*/METADATA",
        ),
        shrunk=("ml_dtypes/*.so", _OPENBLAS),  # of 23 MB in one of them
        unused=("onnx/backend", "onnx/reference", *_UNUSED_OF_SCIPY),
        budget=Budget(zipped=95_000_000, unzipped=240_000_000),
    ),
    "xgboost": TrainerFlavour(
        suffix="-xgboost",
        lock="trainer-xgboost",
        learners=("trees",),
        modules=Flavour(),
        taken=(
            *_ARRAYS, "xgboost/*.py", "xgboost/VERSION", "xgboost/lib/*.so", "xgboost_cpu.libs/*", "*/METADATA",
        ),
        shrunk=(_OPENBLAS, "xgboost/lib/*.so"),
        unused=(
            *_UNUSED_OF_SCIPY, "scipy/cluster", "scipy/datasets", "scipy/differentiate", "scipy/fft", "scipy/integrate",
            "scipy/interpolate", "scipy/io", "scipy/ndimage", "scipy/optimize", "scipy/spatial", "scipy/stats",
        ),
        budget=Budget(zipped=45_000_000, unzipped=138_000_000),
    ),
}  # fmt: skip
DEFAULT = "onnx"


def build(
    architecture: str, framework: str = DEFAULT, *, folder: Path = ROOT / "build", force: bool = False
) -> Package:
    """Build the package in `folder`, unless its inputs are unchanged. framework : of the models. Raises UserError."""
    scorer.check(architecture)
    check(framework)
    trouble, flavour = native.trouble(), FLAVOURS[framework]
    recipe = PackageRecipe(
        name=name(architecture, framework),
        budget=flavour.budget,
        modules=_modules(flavour),
        inputs=[flavour.lock_file],
        others=[trouble or native.inputs_digest()],
        stage=partial(_stage, architecture, flavour, trouble),
        level=6,
    )
    return recipe.build(folder, native=not trouble, force=force)


def check(framework: str) -> None:
    """Raises UserError for a framework that no learner is of."""
    if framework not in FLAVOURS:
        raise UserError(f"trainer: expected the framework {' or '.join(FLAVOURS)}, got {framework!r}")


def name(architecture: str, framework: str = DEFAULT) -> str:
    """The package's name; its file is `<name>.zip`, as terraform/main.tf spells it."""
    return f"trainer-{architecture}{FLAVOURS[framework].suffix}"


def _stage(architecture: str, flavour: TrainerFlavour, trouble: str, staging: Path) -> None:
    installed, tree = staging / archive.WHEELS, staging / archive.TREE
    scorer.install(architecture, flavour.lock_file, installed)
    for path in scorer.kept(installed, flavour.taken, "FLAVOURS"):
        inside = path.relative_to(installed)
        if not set(inside.parts) & set(LEFT_OUT) and not inside.as_posix().startswith(flavour.unused):
            archive.copy(path, tree / inside)
    for pattern in flavour.shrunk:
        for path in tree.glob(pattern):
            path.write_bytes(elf.shrunk(path.read_bytes()))
    if not trouble:
        native.build(architecture, tree / native.MODULE.relative_to(FUNCTIONS))


def _modules(flavour: TrainerFlavour) -> list[Path]:
    """The modules that the handler and the learners import, and what loads a model in a child process."""
    folder = FUNCTIONS / "trainer"
    return flavour.modules.kept(imported(folder / "handler.py", *(folder / f"{name}.py" for name in flavour.learners)))
