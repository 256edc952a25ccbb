"""Values that count as missing: in the reference implementation and in the native engine."""

import json
import math
from typing import Any

import pytest

from model_store.feature import Feature
from tests.fuzz.native.judge import Judge

pytestmark = pytest.mark.usefixtures("native")

FEATURES = (
    Feature("pages", "int", missing_values=(-999, 0)),
    Feature("spend", "float", missing_values=(-999, 0.1, 16777217)),
    Feature("returning", "bool", missing_values=(False,)),
    Feature("device", "category", categories=("desktop", "mobile", "?"), missing_values=("?", "n/a")),
    Feature("must", "float", allow_missing=False, missing_values=(-1,)),
    Feature("plain", "float"),
)
NAN = math.nan


def event(**features: Any) -> bytes:
    return json.dumps({"event_id": "e", "features": {"must": 1, **features}}).encode()


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(FEATURES)


def found(judge: Judge, payload: bytes) -> list[float] | None:
    row = judge.exact(payload)
    return None if row is None else list(memoryview(row.features).cast("f"))


@pytest.mark.parametrize(
    ("features", "column", "value"),
    [
        ({"pages": -999}, 0, NAN),
        ({"pages": -999.0}, 0, NAN),
        ({"pages": 0}, 0, NAN),
        ({"pages": -0.0}, 0, NAN),
        ({"pages": -998}, 0, -998),
        ({"spend": -999}, 1, NAN),
        ({"spend": 0.1}, 1, NAN),
        ({"spend": 0.10000000149011612}, 1, NAN),  # the same float32
        ({"spend": 0.1000001}, 1, pytest.approx(0.1000001)),
        ({"spend": 16777216}, 1, NAN),  # the same float32 as 16777217
        ({"spend": 0}, 1, 0.0),
        ({"returning": False}, 2, NAN),
        ({"returning": True}, 2, 1.0),
        ({"device": "?"}, 3, NAN),
        ({"device": "n/a"}, 3, NAN),
        ({"device": "mobile"}, 3, 1.0),
        ({"plain": -999}, 5, -999.0),
        ({"pages": None, "spend": None}, 0, NAN),
    ],
)
def test_a_value_that_counts_as_missing_is_nan_to_the_model(judge, features, column, value):
    row = found(judge, event(**features))
    assert row is not None
    assert (math.isnan(row[column]) and math.isnan(value)) if value != value else row[column] == value
    assert judge.native(event(**features)) == judge.exact(event(**features))


@pytest.mark.parametrize("features", [{"must": -1}, {"must": -1.0}, {"must": None}, {"device": "phone"}])
def test_a_value_that_counts_as_missing_is_refused_where_none_may_be(judge, features):
    payload = event(**features)
    assert judge.exact(payload) is None
    assert judge.native(payload) is None
