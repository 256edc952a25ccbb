"""The models of the HTTP example: what is published predicts what the library does."""

import numpy as np
import pytest
import xgboost as xgb

from millrace.demo.examples import http
from model_store.verify import verify

pytestmark = pytest.mark.filterwarnings("ignore:.*gblinear. is deprecated")


def scores(artifact, rows):
    return np.frombuffer(verify(artifact).predict(rows.tobytes(), len(rows)), np.float32)


def test_the_linear_regression_is_scikit_learns():
    frame = http.table()
    rows = frame.drop(http.LABEL).to_numpy()

    artifact, regression = http.linear_artifact("diabetes", "1", frame)

    found = scores(artifact, rows.astype(np.float32))
    np.testing.assert_allclose(found, regression.predict(rows), rtol=1e-6)
    expected = http.booster_of(artifact).predict(xgb.DMatrix(rows.astype(np.float32), feature_names=frame.columns[:-1]))
    np.testing.assert_array_equal(found, expected)
    assert artifact.manifest.task == "regression"


def test_the_trees_are_xgboosts():
    frame = http.table()
    rows = frame.drop(http.LABEL).to_numpy().astype(np.float32)

    artifact = http.HttpExample().train("diabetes", lambda *_: None)

    expected = http.booster_of(artifact).inplace_predict(rows)
    np.testing.assert_array_equal(scores(artifact, rows), expected)


def test_both_read_the_same_features():
    linear, _ = http.linear_artifact("diabetes", "1", http.table())
    trees = http.HttpExample().train("diabetes", lambda *_: None)

    assert [(f.name, f.path) for f in linear.manifest.features] == [(f.name, f.path) for f in trees.manifest.features]
