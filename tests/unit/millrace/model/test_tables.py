import datetime
import json
import math

import numpy as np
import polars as pl
import pytest

from millrace.errors import UserError
from millrace.model.tables import MAX_CATEGORIES, labelled
from model_store.feature import Feature
from records.strict_json import decode
from scoring.validate import Validator
from tests.fakes import artifacts

ROWS = {
    "pages": [3, 1, 2, 7],
    "spend": [1.5, None, 0.1, 1e-60],
    "returning": [True, False, None, True],
    "device": ["mobile", "desktop", None, "mobile"],
    "bought": [1, 0, 0, 1],
}


@pytest.fixture
def frame():
    return pl.DataFrame(ROWS)


def test_features_are_told_from_the_columns(frame):
    assert labelled(frame, "bought").features == (
        Feature("pages", "int", allow_missing=False),
        Feature("spend", "float"),
        Feature("returning", "bool"),
        Feature("device", "category", categories=("desktop", "mobile")),
    )


def test_the_matrix_is_float32_with_nan_for_missing(frame):
    matrix = labelled(frame, "bought").matrix
    assert matrix.dtype == np.float32
    nan = math.nan
    expected = [[3, 1.5, 1, 1], [1, nan, 0, 0], [2, 0.1, nan, nan], [7, 0, 1, 1]]
    np.testing.assert_array_equal(matrix, np.array(expected, dtype=np.float32))


def test_the_scorer_encodes_the_same_rows_alike(frame):
    table = labelled(frame, "bought")
    validator = Validator(artifacts.manifest("binary", b"", features=table.features, golden_rows=()))
    for row, expected in zip(frame.drop("bought").to_dicts(), table.matrix, strict=True):
        event = decode(json.dumps({"event_id": "e", "features": row}).encode())
        np.testing.assert_array_equal(np.array(validator.row(event).features, dtype=np.float32), expected)


def test_missing_values_may_be_allowed_everywhere(frame):
    assert all(feature.allow_missing for feature in labelled(frame, "bought", missing="always").features)


def test_nan_is_a_missing_value():
    features = labelled(pl.DataFrame({"x": [math.nan, 1.0], "y": [0, 1]}), "y").features
    assert features == (Feature("x", "float", allow_missing=True),)


def test_columns_may_be_left_out(frame):
    names = [feature.name for feature in labelled(frame, "bought", drop=["pages", "device"]).features]
    assert names == ["spend", "returning"]


def test_rows_without_a_label_are_left_out():
    table = labelled(pl.DataFrame({"x": [1, 2, 3], "y": [0, None, 1]}), "y")
    assert table.matrix.ravel().tolist() == [1.0, 3.0]


@pytest.mark.parametrize("dtype", [pl.Enum(["b", "a"]), pl.Categorical(), pl.String()], ids=str)
def test_categories_are_sorted_whatever_their_column_type(dtype):
    table = labelled(pl.DataFrame({"x": pl.Series(["b", "a", None], dtype=dtype), "y": [0, 1, 1]}), "y")
    assert table.features[0].categories == ("a", "b")
    np.testing.assert_array_equal(table.matrix.ravel(), [1, 0, math.nan])


@pytest.mark.parametrize(
    ("values", "codes", "classes"),
    [
        ([0, 1, 1], [0, 1, 1], ("0", "1")),
        ([5, 3, 5], [1, 0, 1], ("3", "5")),
        ([False, True, True], [0, 1, 1], ("false", "true")),
        (["no", "yes", "maybe"], [1, 2, 0], ("maybe", "no", "yes")),
        ([0.5, 1.5, -2.0], [0.5, 1.5, -2.0], ()),
    ],
)
def test_the_label_decides_the_classes(values, codes, classes):
    table = labelled(pl.DataFrame({"x": [1, 2, 3], "y": values}), "y")
    assert (table.label.tolist(), table.classes) == (codes, classes)


DAY = datetime.date(2026, 1, 2)


@pytest.mark.parametrize(
    ("columns", "drop", "message"),
    [
        ({"x": [1, 2]}, [], "column 'y': expected one of x"),
        ({"x": [1, 2], "y": [0, 1]}, ["z"], "column 'z': expected one of x, y"),
        ({"y": [0, 1]}, [], "expected at least one feature"),
        ({"x": [1, 2], "y": [0, 1]}, ["x"], "expected at least one feature"),
        (
            {"x": [DAY, DAY], "y": [0, 1]},
            [],
            "column 'x': expected numbers, booleans or text, got Date: leave it out",
        ),
        ({"x": [None, None], "y": [0, 1]}, [], "column 'x': expected numbers"),
        ({"x": [str(i) for i in range(MAX_CATEGORIES + 1)], "y": [0, 1] * 500 + [0]}, [], "got 1001: .*--drop x"),
        ({"x": [math.inf, 1.0], "y": [0, 1]}, [], "column 'x': expected numbers that float32 can hold"),
        ({"x": [1e39, 1.0], "y": [0, 1]}, [], "column 'x': expected numbers that float32 can hold"),
        ({"x": [1, 2], "y": [1, 1]}, [], "label 'y': expected at least 2 values, got 1"),
        ({"x": [1, 2], "y": [0.5, math.nan]}, [], "label 'y': expected finite numbers"),
        ({"x": [1, 2], "y": [0.5, 1e39]}, [], "label 'y': expected finite numbers"),
    ],
)
def test_a_table_that_cannot_be_learnt_from_is_refused_by_its_column(columns, drop, message):
    with pytest.raises(UserError, match=message):
        labelled(pl.DataFrame(columns), "y", drop=drop)


def test_every_column_that_is_no_feature_is_named_at_once():
    texts = [str(i) for i in range(MAX_CATEGORIES + 1)]
    frame = pl.DataFrame({"id": texts, "a": [1.0] * len(texts), "paid on": texts, "y": [0, 1] * 500 + [0]})
    with pytest.raises(UserError, match=r"--drop id; column 'paid on': .* --drop 'paid on'$"):
        labelled(frame, "y")
