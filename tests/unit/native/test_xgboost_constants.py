"""Constants of XGBoost that the native engine has copied, against the library: the same bits at and around each."""

from typing import Any

import numpy as np
import pytest
import xgboost as xgb

from predictors.xgboost import ubj
from predictors.xgboost.objectives import TASKS
from tests.fakes.ubj import encode
from tests.unit.native import forests

LOGIT = ("binary:logistic", "reg:logistic")
# Around the ends of [1e-6, 1 - 1e-6], of which the second is 0.99999899 in float32.
NEAR_ENDS = [0.0, -0.0, 1e-45, 1e-30, 6.6e-7, 9.9999e-7, 1e-6, 1.0001e-6, 0.999998, 0.9999989, 0.999999, 0.9999995, 1.0]
OTHERS = [-1e-7, -1.0, 2.0, 3e38]
# Around the exponent at which the sigmoid is cut off, and where float32's exponential ends.
MARGINS = [0.0, 1e-7, 1.0, 15.0, 30.0, 87.0, 88.6, 88.7, 88.71, 88.72, 88.73, 89.0, 100.0, 1e4, 3e37]


def with_base_score(objective: str, base_score: float, leaf: float = 0.0) -> bytes:
    """A model whose only margin is the base score's; with `leaf`, that of its single leaves too."""
    model: dict[str, Any] = ubj.decode(forests.model(objective, rounds=1, max_depth=1))
    model["learner"]["learner_model_param"]["base_score"] = f"[{base_score!r}]"
    for tree in model["learner"]["gradient_booster"]["model"]["trees"]:
        for node, left in enumerate(tree["left_children"]):
            if left == -1:
                tree["split_conditions"][node] = leaf
    return encode(model)


def both(native: Any, raw: bytes) -> tuple[bytes | None, bytes | None]:
    """Scores of a few rows, by XGBoost and by the native engine; None where either refuses the model."""
    matrix = np.zeros((9, forests.COLUMNS), np.float32)
    try:
        booster = xgb.Booster()
        booster.load_model(bytearray(raw))
        expected = booster.inplace_predict(matrix).astype(np.float32).tobytes()
    except xgb.core.XGBoostError:
        expected = None
    try:
        found = bytes(native.Forest(raw).scores(matrix, 9))
    except native.NotCovered:
        found = None
    return expected, found


@pytest.mark.parametrize("base_score", NEAR_ENDS + OTHERS)
@pytest.mark.parametrize("objective", TASKS)
def test_a_base_score_means_what_it_means_to_xgboost(native, objective, base_score):
    expected, found = both(native, with_base_score(objective, base_score))
    assert found in (None, expected)
    if objective in LOGIT:
        assert (found is None) == (base_score in OTHERS)


@pytest.mark.parametrize("margin", MARGINS)
@pytest.mark.parametrize("objective", LOGIT)
def test_the_sigmoid_is_cut_off_where_xgboosts_is(native, objective, margin):
    for leaf in (margin, -margin):
        expected, found = both(native, with_base_score(objective, 0.5, leaf))
        assert expected is not None
        assert found == expected
