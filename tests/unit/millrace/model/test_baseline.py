import numpy as np
import pytest

from millrace.model.baseline import BINS, baseline
from model_store.documents import canonical
from model_store.manifest import Feature

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


def test_a_column_without_values_has_no_edges():
    assert features(Feature("x", "float"), NAN, NAN) == {"edges": [], "counts": [], "missing": 2}


def test_every_class_of_scores_is_counted_and_all_is_json():
    scores = np.array([[0.1, 0.9], [0.2, 0.8], [0.3, 0.7], [0.4, 0.6]], np.float32)
    found = baseline((Feature("x", "float"),), np.zeros((4, 1), np.float32), scores)
    assert [sum(histogram["counts"]) for histogram in found["scores"]] == [4, 4]
    assert found["rows"] == 4
    assert canonical(found)
