"""Models of many shapes, and what can evaluate them on one thread: each shape's trees, each peer's scores compared."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.engine import native
from benchmarks.paths import SCRATCH
from benchmarks.predictors import FOREST, IN_PLACE, TOLERANCE, Predict, onnx, scores
from benchmarks.worker import Skip

TRAINING_ROWS = 10_000
_CODE = Path(__file__).read_bytes()  # read once: models are of the code that runs
CODES = 30  # of each categorical feature
DAAL = "daal4py"
ONNX = "onnxruntime"
# Peers that are left out of every shape, and why.
LEFT_OUT = {
    "lleaves": "reads LightGBM's files alone; with such a model of 300 × 6 × 20 it took 1.8 times daal4py's time",
    "ydf": "reads no model of XGBoost; with one of its own of 300 × 6 × 20 it took 1.5 times daal4py's time",
    "tl2cgen": "is measured at 300 × 6 × 20 alone, in the table above: it would have to compile every shape",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """A model's shape. categorical : features, of all, that are codes. parameters : XGBoost's, beyond these."""

    name: str
    trees: int
    depth: int
    features: int = 20
    classes: int = 1
    categorical: int = 0
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def file(self) -> Path:
        digest = hashlib.sha256(f"{metadata.version('xgboost-cpu')}{self!r}".encode() + _CODE)
        return SCRATCH / "shapes" / f"{digest.hexdigest()[:16]}.ubj"

    def rows(self, count: int, seed: int) -> Any:
        """A float32 matrix: count × features."""
        random = np.random.default_rng(seed)
        matrix = random.normal(size=(count, self.features)).astype(np.float32)
        matrix[:, : self.categorical] = random.integers(0, CODES, (count, self.categorical))
        return matrix

    def make(self) -> None:
        """Train the model on noisy labels, which keep even late trees at their full depth, unless it is there."""
        if self.file.exists():
            return
        import xgboost as xgb

        data = self.rows(TRAINING_ROWS, 7)
        signal = np.sin(3 * data[:, 0]) + data[:, 1] * data[:, 2] / (1 + data[:, 1] ** 2) - np.abs(data[:, 3])
        signal += np.random.default_rng(7).normal(scale=2.0, size=len(data))
        label = np.digitize(signal, np.quantile(signal, np.linspace(0, 1, max(2, self.classes) + 1)[1:-1]))
        types = ["c"] * self.categorical + ["q"] * (self.features - self.categorical)
        training = xgb.DMatrix(data, label, feature_types=types, enable_categorical=True)
        parallel = self.parameters.get("num_parallel_tree", 1)
        objective: dict[str, Any] = {"objective": "binary:logistic"}
        if self.classes > 1:
            objective = {"objective": "multi:softprob", "num_class": self.classes}
        common = {"nthread": 1, "max_depth": self.depth, "eta": 0.1, "min_child_weight": 0, "seed": 7, "verbosity": 0}
        booster = xgb.train(
            {**common, **objective, **self.parameters}, training, self.trees // self.classes // parallel
        )
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self.file.write_bytes(booster.save_raw("ubj"))


SHAPES = {
    shape.name: shape
    for shape in (
        Shape("300 × 6", 300, 6),
        Shape("1,000 × 4", 1_000, 4),
        Shape("5 classes, 500 × 6", 500, 6, classes=5),
        Shape("300 × 8", 300, 8),
        Shape("300 × 9", 300, 9),
        Shape("50 × 10", 50, 10),
        Shape("forest, 100 × 10", 100, 10, parameters={"num_parallel_tree": 100, "subsample": 0.6, "eta": 1.0}),
        Shape("512 leaves, 100 × 12", 100, 12, parameters={"grow_policy": "lossguide", "max_leaves": 512}),
        Shape("500 features, 300 × 6", 300, 6, 500, parameters={"max_bin": 64, "colsample_bytree": 0.3}),
        Shape("1,000 features, 300 × 6", 300, 6, 1_000, parameters={"max_bin": 64, "colsample_bytree": 0.3}),
        Shape("DART, 100 × 6", 100, 6, parameters={"rate_drop": 0.1}),
        Shape("categories, 300 × 6", 300, 6, categorical=6, parameters={"max_cat_to_onehot": 1}),
        Shape("3,000 × 6", 3_000, 6),
    )
}
CATEGORIES = "categories, 300 × 6"
QUICK = ("300 × 6", "50 × 10", CATEGORIES)
DEEP = ("300 × 9", "50 × 10", "forest, 100 × 10", "512 leaves, 100 × 12")


class BenchmarkedShape:
    """A contestant: the scores of `size` rows of a shape. Raises Skip for a peer that cannot, or gives other scores."""

    def __init__(self, shape: str, name: str) -> None:
        self._shape = SHAPES[shape]
        self._predict = MAKERS[name](self._shape)
        rows = self._shape.rows(100, 8)
        found, expected = scores(self._predict(rows)), scores(_in_place(self._shape)(rows))
        if found.size != expected.size or np.abs(found - expected).max() > TOLERANCE:
            raise Skip("gives other scores")

    def prepare(self, size: int) -> Any:
        return self._shape.rows(size, 8)

    def run(self, prepared: Any) -> Any:
        return self._predict(prepared)


def booster_of(shape: Shape) -> Any:
    import xgboost as xgb

    booster = xgb.Booster({"nthread": 1})
    booster.load_model(bytearray(shape.file.read_bytes()))
    booster.set_param({"nthread": 1})
    return booster


def _in_place(shape: Shape) -> Predict:
    booster = booster_of(shape)
    return lambda matrix: booster.inplace_predict(matrix)


def _forest(shape: Shape) -> Predict:
    forest = native().Forest(shape.file.read_bytes())
    return lambda matrix: forest.scores(matrix, len(matrix))


def _daal(shape: Shape) -> Predict:
    """Probabilities of all classes; of two, the second one's."""
    import daal4py

    daal4py.daalinit(1)
    if shape.categorical:
        raise Skip("takes no splits by category")
    model = daal4py.mb.convert_model(booster_of(shape))
    if shape.classes > 1:
        return lambda matrix: model.predict_proba(matrix)
    return lambda matrix: model.predict_proba(matrix)[:, 1]


def _onnx(shape: Shape) -> Predict:
    if shape.categorical:
        raise Skip("its converter takes no splits by category")
    booster = booster_of(shape)
    booster.feature_types = None  # the converter reads names and types of its own only
    return onnx(booster, shape.features, 0 if shape.classes > 1 else 1)


MAKERS: dict[str, Callable[[Shape], Predict]] = {FOREST: _forest, IN_PLACE: _in_place, DAAL: _daal, ONNX: _onnx}
