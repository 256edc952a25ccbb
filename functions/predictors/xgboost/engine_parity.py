"""Whether both engines make the same scores of a model, bit for bit. Asked when a model is published.

The rows are made of the model's own thresholds: below, at and above them, and values that are missing or infinite; of a
feature that is split by category, of the codes that it has, and of some that no split has.
"""

from __future__ import annotations

import math
import random
from array import array

from predictors.xgboost.agreement import forest_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from predictors.predictor import Predictor

ROWS = 512
VALUES = 200_000  # of all rows together: models of many features get fewer rows
_EXTREMES = (math.nan, math.nan, math.inf, -math.inf, 0.0, -0.0, 3.4e38, -3.4e38, 1e-45)
_SMALLEST = 2.0**-149  # float32 above zero


def check(learner: Mapping[str, Any], native: Predictor, exact: Predictor) -> None:
    """Compare the scores of both engines. Raises ValueError for the first row where they differ."""
    matrix = rows_of(learner)
    columns = int(learner["learner_model_param"]["num_feature"])
    rows = len(matrix) // columns
    found, expected = (engine.predict(matrix.tobytes(), rows) for engine in (native, exact))
    if found.tobytes() == expected.tobytes():
        return
    if len(found) != len(expected):
        raise ValueError(f"expected {len(expected)} scores, as XGBoost gives, got {len(found)} from the native engine")
    pairs = zip(found, expected, strict=True)
    at = next((i for i, (got, want) in enumerate(pairs) if _bits(got) != _bits(want)), 0)
    row = matrix[at * rows // len(found) * columns :][:columns].tolist()
    raise ValueError(f"expected XGBoost's score {expected[at]!r}, got {found[at]!r} from the native engine for {row}")


def rows_of(learner: Mapping[str, Any], seed: int = 1) -> array[float]:
    """Rows of float32, one after the other, that lead to the model's edges."""
    columns = int(learner["learner_model_param"]["num_feature"])
    thresholds = [list(found) for found in _thresholds(learner, columns)]
    chance = random.Random(seed)
    matrix = array("f")
    for _ in range(max(1, min(ROWS, VALUES // columns))):
        matrix.extend(_value(found, chance) for found in thresholds)
    return matrix


def _thresholds(learner: Mapping[str, Any], columns: int) -> list[dict[float, None]]:
    """Each feature's, every one once, in the file's order; codes are thresholds too, between which others are equal."""
    found: list[dict[float, None]] = [{} for _ in range(columns)]
    for tree in forest_of(learner)["trees"]:
        by_category = tree.get("categories_nodes", ())
        for node, start, size in zip(
            by_category, tree.get("categories_segments", ()), tree.get("categories_sizes", ()), strict=True
        ):
            for code in tree["categories"][start : start + size]:
                found[tree["split_indices"][node]].update({float(code): None, float(code + 1): None})
        nodes = zip(tree["split_indices"], tree["split_conditions"], tree["left_children"], strict=True)
        for feature, threshold, left in nodes:
            if left != -1 and math.isfinite(threshold):
                found[feature][threshold] = None
    return found


def _value(thresholds: list[float], chance: random.Random) -> float:
    if not thresholds or chance.random() < 0.1:
        return chance.choice(_EXTREMES)
    return chance.choice(list(_around(chance.choice(thresholds))))


def _around(threshold: float) -> Iterator[float]:
    """The float32 itself, and its neighbours on either side."""
    yield threshold
    if threshold == 0:  # of either sign; its neighbours have different ones
        yield from (-_SMALLEST, _SMALLEST)
        return
    (bits,) = memoryview(array("f", [threshold])).cast("B").cast("i")
    for step in (-1, 1):
        (value,) = memoryview(array("i", [bits + step])).cast("B").cast("f")
        yield value if math.isfinite(value) else threshold


def _bits(score: float) -> bytes:
    return array("f", [score]).tobytes()
