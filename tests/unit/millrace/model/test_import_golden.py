import numpy as np
import pytest

from millrace.model.import_golden import rows_around_splits
from model_store.feature import Feature
from predictors.xgboost import ubj
from predictors.xgboost.booster import Booster
from tests.fakes import artifacts

ROWS = 400


def learner(kind):
    return ubj.decode(artifacts.artifact(kind).model)["learner"]


@pytest.mark.parametrize("kind", artifacts.KINDS)
def test_the_rows_reach_many_leaves(kind):
    matrix = rows_around_splits(learner(kind), artifacts.FEATURES, ROWS)
    assert (matrix.shape, matrix.dtype) == ((ROWS, 5), np.float32)
    scores = Booster(artifacts.artifact(kind).model).predict(matrix.tobytes(), ROWS)
    assert len(set(scores)) > 20


def test_values_are_of_the_features_types():
    pages, spend, returning, device, referrer = rows_around_splits(learner("binary"), artifacts.FEATURES, ROWS).T
    assert not np.isnan(pages).any()
    for column in (spend, returning, device, referrer):
        assert 0 < np.isnan(column).mean() < 0.5
    assert (pages == np.floor(pages)).all()
    for column, values in ((returning, 2), (device, 3), (referrer, 2)):
        assert set(column[~np.isnan(column)]) == set(range(values))


def test_values_lie_at_and_just_below_the_thresholds():
    features = tuple(Feature(name, "float", allow_missing=False) for name in artifacts.NAMES)
    trees = learner("binary")["gradient_booster"]["model"]["trees"]
    at = {
        np.float32(condition)
        for tree in trees
        for left, column, condition in zip(
            tree["left_children"], tree["split_indices"], tree["split_conditions"], strict=True
        )
        if left != -1 and column == 1
    }
    spend = set(rows_around_splits(learner("binary"), features, ROWS)[:, 1])
    assert spend == at | {np.nextafter(value, np.float32(-np.inf)) for value in at}


def test_the_same_model_gives_the_same_rows():
    first, again = (rows_around_splits(learner("categorical"), artifacts.FEATURES, ROWS) for _ in range(2))
    np.testing.assert_array_equal(first, again)
