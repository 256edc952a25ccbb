"""Both engines are compared when a model is published."""

import math
from array import array

import numpy as np
import pytest

from model_store.errors import ArtifactRefused
from model_store.verify import verify
from predictors.xgboost import engine_parity as engines
from predictors.xgboost import native_forest as predictor
from predictors.xgboost import sound_trees, ubj
from tests.fakes import artifacts

needs_native = pytest.mark.skipif(predictor.NATIVE is None, reason=f"no native engine: {predictor.MISSING}")


class Answers:
    """An engine that gives each row the same score, but one."""

    engine, reason = "fake", ""

    def __init__(self, other=0.5, at=0, missing=0):
        self.other, self.at, self.missing = other, at, missing

    def predict(self, matrix, rows):
        scores = array("f", [0.5]) * (rows - self.missing)
        scores[self.at] = self.other
        return scores


def learner(kind="binary"):
    return ubj.decode(artifacts.artifact(kind).model)["learner"]


def test_the_rows_lead_below_at_and_above_thresholds():
    found = np.array(engines.rows_of(learner()), np.float32).reshape(-1, len(artifacts.NAMES))
    assert len(found) == engines.ROWS
    assert np.isnan(found).any(axis=0).all()
    assert np.isinf(found).any(axis=0).all()
    tree = learner()["gradient_booster"]["model"]["trees"][0]
    threshold, values = np.float32(tree["split_conditions"][0]), found[:, tree["split_indices"][0]]
    for value in (np.nextafter(threshold, np.float32(-np.inf)), threshold, np.nextafter(threshold, np.float32(np.inf))):
        assert (values == value).any()


@pytest.mark.parametrize("threshold", [0.0, -0.0, 1e-45, -1e-45])
def test_there_are_rows_around_any_threshold(threshold):
    """Minus zero is what XGBoost splits at where a table has both zeros."""
    model = learner()
    for tree in model["gradient_booster"]["model"]["trees"]:
        tree["split_conditions"] = [threshold] * len(tree["split_conditions"])
    found = {value for value in engines.rows_of(model) if math.isfinite(value)}
    at = np.float32(threshold)
    around = {float(at), float(np.nextafter(at, np.float32(-np.inf))), float(np.nextafter(at, np.float32(np.inf)))}
    assert found >= {value for value in around if math.isfinite(value)}


def test_the_rows_have_the_codes_of_splits_by_category():
    model = learner("categorical")
    column = artifacts.NAMES.index("device")
    trees = model["gradient_booster"]["model"]["trees"]
    assert any(tree["split_indices"][node] == column for tree in trees for node in tree["categories_nodes"])
    found = np.array(engines.rows_of(model), np.float32).reshape(-1, len(artifacts.NAMES))[:, column]
    assert {0.0, 1.0, 2.0, 3.0} <= set(found.tolist())  # the last one is no category
    assert np.isnan(found).any()


@needs_native
@pytest.mark.parametrize("kind", artifacts.KINDS)
def test_both_engines_agree_when_a_model_is_published(kind):
    assert verify(artifacts.artifact(kind), compare=True).engine == "native"


def test_the_rows_are_the_same_every_time():
    assert engines.rows_of(learner()).tobytes() == engines.rows_of(learner()).tobytes()


def test_a_model_of_many_features_gets_fewer_rows(monkeypatch):
    monkeypatch.setattr(engines, "VALUES", 52)
    assert len(engines.rows_of(learner())) == 50


@pytest.mark.parametrize(
    ("other", "shown"), [(np.nextafter(np.float32(0.5), np.float32(1)), r"0\.5000000596"), (math.nan, "nan")]
)
def test_one_bit_that_differs_is_found(other, shown):
    with pytest.raises(ValueError, match=rf"expected XGBoost's score 0\.5, got {shown}.* for \["):
        engines.check(learner(), Answers(other, at=100), Answers())


def test_another_number_of_scores_is_found():
    with pytest.raises(ValueError, match="expected 512 scores, as XGBoost gives, got 511"):
        engines.check(learner(), Answers(missing=1), Answers())


def test_engines_that_agree_pass():
    engines.check(learner(), Answers(), Answers())


@needs_native
@pytest.mark.parametrize("kind", artifacts.KINDS)
def test_every_kind_of_model_passes(kind):
    assert verify(artifacts.artifact(kind), compare=True)


@needs_native
def test_a_model_that_they_score_otherwise_is_refused(monkeypatch):
    monkeypatch.setattr(sound_trees, "load_booster", lambda *_: Answers())
    assert verify(artifacts.artifact())
    with pytest.raises(ArtifactRefused, match=r"engines check: expected XGBoost's score 0\.5") as caught:
        verify(artifacts.artifact(), compare=True)
    assert caught.value.check == "engines"
