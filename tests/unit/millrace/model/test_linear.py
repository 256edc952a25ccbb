"""Linear models (gblinear): checked, and evaluated by XGBoost's library."""

from typing import Any

import numpy as np
import polars as pl
import pytest
import xgboost as xgb

from millrace.errors import UserError
from millrace.model.import_model import Import, import_model
from model_store.verify import verify
from predictors.xgboost import agreement, structure, ubj
from tests.fakes.ubj import encode

pytestmark = pytest.mark.filterwarnings("ignore:.*gblinear. is deprecated")

NAMES = ["a", "b", "c"]
ROWS = np.random.default_rng(1).normal(size=(200, 3)).astype(np.float32)
ROWS[ROWS > 2] = np.nan
SUMS = np.nan_to_num(ROWS).sum(axis=1)
KINDS: dict[str, tuple[dict[str, Any], np.ndarray]] = {
    "binary": ({"objective": "binary:logistic"}, SUMS > 0),
    "multiclass": ({"objective": "multi:softprob", "num_class": 3}, np.digitize(SUMS, [-1, 1])),
    "regression": ({"objective": "reg:squarederror"}, SUMS),
    "counts": ({"objective": "count:poisson"}, np.exp(SUMS / 2).round()),
    "two targets": ({"objective": "reg:squarederror"}, np.c_[SUMS, ROWS[:, 0] > 0]),
}


def trained(kind: str) -> xgb.Booster:
    parameters, truth = KINDS[kind]
    data = xgb.DMatrix(ROWS, truth.astype(float), feature_names=NAMES)
    return xgb.train({"booster": "gblinear", "nthread": 1, **parameters}, data, 5)


def imported(tmp_path, raw: bytes, **members: Any):
    (tmp_path / "model.ubj").write_bytes(raw)
    sample = pl.DataFrame(ROWS, schema=NAMES).fill_nan(None)
    return import_model(tmp_path / "model.ubj", Import("m", "1", sample=sample, missing="always", **members))


@pytest.mark.parametrize("kind", KINDS)
def test_a_linear_model_scores_as_xgboost_does(tmp_path, kind):
    booster = trained(kind)
    predictor = verify(imported(tmp_path, bytes(booster.save_raw("ubj"))))
    assert (predictor.engine, "not covered" in predictor.reason) == ("xgboost", True)
    expected = booster.predict(xgb.DMatrix(ROWS, feature_names=NAMES))
    found = np.frombuffer(predictor.predict(ROWS.tobytes(), len(ROWS)), np.float32)
    np.testing.assert_array_equal(found, expected.ravel())


def test_without_a_sample_golden_rows_are_made_up(tmp_path):
    trained("binary").save_model(tmp_path / "model.ubj")
    (tmp_path / "features.csv").write_text("name,type\na,float\nb,float\nc,float\n")
    manifest = import_model(tmp_path / "model.ubj", Import("m", "1", features=tmp_path / "features.csv")).manifest
    assert len({row.scores for row in manifest.golden_rows}) > 20
    assert any(None in row.inputs for row in manifest.golden_rows)


@pytest.mark.parametrize("rounds", ["2", "best"])
def test_no_rounds_can_be_left_out(tmp_path, rounds):
    with pytest.raises(UserError, match="--rounds"):
        imported(tmp_path, bytes(trained("binary").save_raw("ubj")), rounds=rounds)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0, 2.0, 3.0], "length of weights: expected 4, got 3"),
        ([1.0] * 8, "length of weights: expected 4, got 8"),
        ([1.0, 2.0, float("nan"), 0.0], "expected finite numbers"),
        ([1.0, 2.0, 3e38, 0.0], "weights: expected at most 1e\\+38"),
        ([1.0, 2.0, "3", 0.0], "weights: expected numbers"),
        ([1.0, 2.0, True, 0.0], "weights: expected numbers"),
        (None, "missing or of the wrong type"),
    ],
)
def test_damaged_weights_are_refused(tmp_path, weights, message):
    model = ubj.decode(bytes(trained("binary").save_raw("ubj")))
    model["learner"]["gradient_booster"]["model"]["weights"] = weights
    with pytest.raises(structure.StructureError, match=message):
        structure.check(model, features=NAMES, classes=1, objective="binary:logistic")
    with pytest.raises(UserError, match=message):
        imported(tmp_path, encode(model))
    assert agreement.is_linear(model["learner"])
