"""Feature attributions (SHAP, path-dependent) on one thread: the native engine, XGBoost and daal4py, all compared."""

from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.engine import native
from benchmarks.predictors import Predict
from benchmarks.shapes import SHAPES, Shape, booster_of
from benchmarks.worker import Skip

FOREST, CONTRIBS, DAAL = "Millrace's attributions", "pred_contribs", "daal4py"
ATTRIBUTED = ("300 × 6", "300 × 8", "50 × 10", "categories, 300 × 6")
QUICK = ("300 × 6", "categories, 300 × 6")
ROWS = (100, 1_000)
# XGBoost adds in float32, and the values of many trees cancel each other.
TOLERANCE = 1e-3


class BenchmarkedAttributions:
    """A contestant: the attributions of `size` rows. Raises Skip for a peer that cannot, or gives other values."""

    def __init__(self, shape: str, name: str) -> None:
        self._shape = SHAPES[shape]
        self._attribute = MAKERS[name](self._shape)
        rows = self._shape.rows(20, 8)
        found, expected = values(self._attribute(rows)), values(_contribs(self._shape)(rows))
        if found.size != expected.size or np.abs(found - expected).max() > TOLERANCE:
            raise Skip("gives other values")

    def prepare(self, size: int) -> Any:
        return self._shape.rows(size, 8)

    def run(self, prepared: Any) -> Any:
        return self._attribute(prepared)


def values(result: Any) -> Any:
    """Whatever a contestant gave, as one row of numbers."""
    if isinstance(result, bytes | bytearray):
        return np.frombuffer(result, np.float64)
    return np.asarray(result, dtype=np.float64).reshape(-1)


def _forest(shape: Shape) -> Predict:
    forest = native().Forest(shape.file.read_bytes())
    return lambda matrix: forest.attributions(matrix, len(matrix))


def _contribs(shape: Shape) -> Predict:
    import xgboost as xgb

    booster = booster_of(shape)
    types = booster.feature_types
    return lambda matrix: booster.predict(
        xgb.DMatrix(matrix, nthread=1, feature_types=types, enable_categorical=True), pred_contribs=True
    )


def _daal(shape: Shape) -> Predict:
    import daal4py

    daal4py.daalinit(1)
    if shape.categorical:
        raise Skip("takes no splits by category")
    model = daal4py.mb.convert_model(booster_of(shape))
    return lambda matrix: model.predict(matrix, pred_contribs=True)


MAKERS: dict[str, Callable[[Shape], Predict]] = {FOREST: _forest, CONTRIBS: _contribs, DAAL: _daal}
