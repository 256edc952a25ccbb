import numpy as np
import pytest
import xgboost as xgb
from hypothesis import given
from hypothesis import strategies as st

from model_store.documents import canonical
from model_store.feature import Feature
from model_store.verify import verify
from predictors.errors import NoAttributions
from tests.fakes import artifacts
from training.baseline import BINS, baseline, with_attributions

NAN = float("nan")


def features(feature, *column):
    matrix = np.array(column, dtype=np.float32).reshape(-1, 1)
    return baseline((feature,), matrix, np.zeros((len(column), 1)))["features"]["x"]


def test_numbers_are_counted_between_their_own_quantiles():
    found = features(Feature("x", "float"), *range(101), NAN, NAN)
    assert found["edges"] == pytest.approx(range(0, 101, 10))
    assert found["counts"] == pytest.approx([10] * BINS, abs=1)  # a value on an edge may fall on either side
    assert sum(found["counts"]) == 101
    assert found["missing"] == 2


@pytest.mark.parametrize(
    ("feature", "counts"),
    [
        (Feature("x", "category", categories=("a", "b", "c")), [2, 1, 0]),
        (Feature("x", "bool"), [2, 1]),
    ],
)
def test_categories_and_truths_are_counted_each(feature, counts):
    assert features(feature, 0, 1, 0, NAN) == {"counts": counts, "missing": 1}


def test_a_column_of_one_value_has_one_edge():
    assert features(Feature("x", "int"), 3, 3, 3) == {"edges": [3.0], "counts": [3], "missing": 0}


HEAVY = [
    pytest.param([0] * 95 + [1, 2, 3, 4, 5], 0.0, [95, 5], id="the least"),
    pytest.param([1, 2, 3, 4, 5] + [9] * 95, 9.0, [5, 95], id="the greatest"),
    pytest.param([-1] * 4 + [0.1] * 92 + [1] * 4, 0.1, [4, 92, 4], id="between"),
]


@pytest.mark.parametrize(("column", "heavy", "counts"), HEAVY)
def test_a_value_that_most_rows_have_is_counted_by_itself(column, heavy, counts):
    """All its quantiles are one: without an edge beside it there was one bin from the least to the greatest value."""
    found = features(Feature("x", "float"), *column)
    heavy = float(np.float32(heavy))
    assert found["counts"] == counts
    assert heavy in found["edges"]
    least, greatest = found["edges"][0], found["edges"][-1]
    assert (least, greatest) == (float(np.float32(min(column))), float(np.float32(max(column))))
    of_heavy = counts.index(max(counts))
    beside = found["edges"][of_heavy : of_heavy + 2]
    assert beside[1] - beside[0] < 1e-6


def test_a_value_that_many_rows_have_is_counted_by_itself():
    found = features(Feature("x", "float"), *([0] * 55), *range(1, 46))
    assert found["counts"][0] == 55
    assert len(found["counts"]) <= BINS


@given(st.lists(st.one_of(st.floats(-1e6, 1e6, width=32), st.sampled_from([0.0, 1.0])), min_size=1, max_size=60))
def test_there_are_no_more_bins_whatever_the_values_are(column):
    found = features(Feature("x", "float"), *column)
    assert 1 <= len(found["counts"]) <= BINS
    assert sum(found["counts"]) == len(column)
    assert sorted(set(found["edges"])) == found["edges"]


def test_a_column_without_values_has_no_edges():
    assert features(Feature("x", "float"), NAN, NAN) == {"edges": [], "counts": [], "missing": 2}


def test_every_class_of_scores_is_counted_and_all_is_json():
    scores = np.array([[0.1, 0.9], [0.2, 0.8], [0.3, 0.7], [0.4, 0.6]], np.float32)
    found = baseline((Feature("x", "float"),), np.zeros((4, 1), np.float32), scores)
    assert [sum(histogram["counts"]) for histogram in found["scores"]] == [4, 4]
    assert found["rows"] == 4
    assert canonical(found)


@pytest.mark.parametrize("kind", ["binary", "multiclass", "categorical"])
def test_what_drove_scores_is_the_mean_of_absolute_attributions(kind):
    artifact, matrix = artifacts.artifact(kind), artifacts.matrix(300)
    found = with_attributions(artifact, verify(artifact), matrix).manifest.baseline["attributions"]
    booster = artifacts.booster(kind)
    data = xgb.DMatrix(
        matrix, feature_names=booster.feature_names, feature_types=booster.feature_types, enable_categorical=True
    )
    values = booster.predict(data, pred_contribs=True).reshape(300, -1, 6)
    top = booster.predict(data).reshape(300, -1).argmax(axis=1)
    expected = np.abs(values[np.arange(300), top, :-1]).mean(axis=0)
    assert list(found) == artifacts.NAMES
    assert list(found.values()) == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_a_model_without_attributions_has_none_in_its_baseline(artifact):
    class Unexplained:
        def attribute(self, *_):
            raise NoAttributions("no weights")

    assert with_attributions(artifact, Unexplained(), artifacts.matrix(3)) == artifact
