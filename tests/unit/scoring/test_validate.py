import math

import pytest

from model_store.event_format import EventFormat
from model_store.feature import Feature, members_of
from records.faults import Code, Fault
from scoring.validate import Validator
from tests.fakes import artifacts

NUMBER = Feature("x", "float")
INTEGER = Feature("x", "int")
TRUTH = Feature("x", "bool")
CATEGORY = Feature("x", "category", categories=("a", "b", "ü"))
LENIENT = Feature("x", "category", categories=("a", "b"), unknown_category="missing")
FLAT = {"event_id": "/id", "parent": ""}
DEEP = {"event_id": "/meta/id", "parent": "/body/f"}


def validator(*features, event_id="/event_id", parent="/features"):
    placed = members_of(parent, features)
    manifest = artifacts.manifest("regression", b"", features=placed, golden_rows=(), event=EventFormat(event_id))
    return Validator(manifest)


def value(feature, given):
    (converted,) = validator(feature).row({"event_id": "e", "features": {"x": given}}).features
    return converted


@pytest.mark.parametrize(
    ("feature", "given", "converted"),
    [
        (NUMBER, 1.5, 1.5),
        (NUMBER, 2, 2.0),
        (NUMBER, -0.0, -0.0),
        (NUMBER, 10**30, 1e30),
        (INTEGER, 2, 2.0),
        (INTEGER, 2.0, 2.0),
        (INTEGER, -(2**53), -(2.0**53)),
        (TRUTH, True, 1.0),
        (TRUTH, False, 0.0),
        (CATEGORY, "a", 0.0),
        (CATEGORY, "ü", 2.0),
        (LENIENT, "b", 1.0),
        (NUMBER, None, math.nan),
        (INTEGER, None, math.nan),
        (TRUTH, None, math.nan),
        (CATEGORY, None, math.nan),
        (LENIENT, "z", math.nan),
    ],
)
def test_a_value_becomes_a_float(feature, given, converted):
    found = value(feature, given)
    assert type(found) is float
    assert found == converted or (math.isnan(found) and math.isnan(converted))


@pytest.mark.parametrize(
    ("feature", "given", "code"),
    [
        (NUMBER, True, Code.WRONG_TYPE),
        (NUMBER, "1", Code.WRONG_TYPE),
        (NUMBER, math.inf, Code.NON_FINITE),
        (NUMBER, 10**400, Code.NON_FINITE),
        (INTEGER, False, Code.WRONG_TYPE),
        (INTEGER, 1.5, Code.WRONG_TYPE),
        (INTEGER, -math.inf, Code.NON_FINITE),
        (INTEGER, -(10**400), Code.NON_FINITE),
        (TRUTH, 0, Code.WRONG_TYPE),
        (TRUTH, 1.0, Code.WRONG_TYPE),
        (TRUTH, "true", Code.WRONG_TYPE),
        (CATEGORY, 0, Code.WRONG_TYPE),
        (CATEGORY, ["a"], Code.WRONG_TYPE),
        (CATEGORY, "z", Code.UNKNOWN_CATEGORY),
        (LENIENT, 1, Code.WRONG_TYPE),
    ],
)
def test_a_value_that_does_not_fit_is_a_fault_at_its_path(feature, given, code):
    with pytest.raises(Fault) as caught:
        value(feature, given)
    assert (caught.value.code, caught.value.path) == (code, "/features/x")


@pytest.mark.parametrize("kind", ["float", "int", "bool", "category"])
@pytest.mark.parametrize("features", [{}, {"x": None}], ids=["absent", "null"])
def test_a_missing_value_is_a_fault_where_none_is_allowed(kind, features):
    feature = Feature("x", kind, allow_missing=False, categories=("a",) if kind == "category" else ())
    with pytest.raises(Fault) as caught:
        validator(feature).row({"event_id": "e", "features": features})
    assert (caught.value.code, caught.value.path) == (Code.MISSING_FEATURE, "/features/x")


def test_features_come_in_the_manifests_order_whatever_the_events_order():
    row = validator(Feature("b", "int"), Feature("a", "int")).row({"event_id": "e", "features": {"a": 1, "b": 2}})
    assert row.features == (2.0, 1.0)


def test_the_first_fault_in_the_manifests_order_is_named():
    with pytest.raises(Fault, match="/features/b"):
        validator(Feature("b", "int"), Feature("a", "int")).row({"event_id": "e", "features": {"a": "", "b": ""}})


def test_an_event_may_be_flat():
    row = validator(NUMBER, **FLAT).row({"id": "e", "x": 1.5, "y": 2})
    assert (row.event_id, row.features) == ("e", (1.5,))
    with pytest.raises(Fault) as caught:
        validator(NUMBER, **FLAT).row({"id": "e", "x": "1.5"})
    assert caught.value.path == "/x"


def test_the_event_id_of_a_flat_event_is_no_ignored_member():
    assert validator(NUMBER, **FLAT).row({"id": "e", "x": 1.5, "y": 2}).ignored_members == 1


def test_a_feature_may_have_another_name_than_the_events_member():
    renamed = Feature("x", "float", path="/features/a~1b")
    manifest = artifacts.manifest("regression", b"", features=(renamed,), golden_rows=())
    row = Validator(manifest).row({"event_id": "e", "features": {"a/b": 1.5, "x": 2}})
    assert (row.features, row.ignored_members) == ((1.5,), 1)
    with pytest.raises(Fault) as caught:
        Validator(manifest).row({"event_id": "e", "features": {"a/b": "1.5"}})
    assert caught.value.path == "/features/a~1b"


def test_members_may_lie_deeper():
    row = validator(NUMBER, **DEEP).row({"meta": {"id": "e"}, "body": {"f": {"x": 1.5}}})
    assert (row.event_id, row.features) == ("e", (1.5,))


@pytest.mark.parametrize(
    ("event", "code", "path"),
    [
        ({"body": {"f": {}}}, Code.MISSING_EVENT_ID, "/meta"),
        ({"meta": {}, "body": {"f": {}}}, Code.MISSING_EVENT_ID, "/meta/id"),
        ({"meta": 3, "body": {"f": {}}}, Code.WRONG_TYPE, "/meta"),
        ({"meta": {"id": 3}, "body": {"f": {}}}, Code.WRONG_TYPE, "/meta/id"),
        ({"meta": {"id": "e"}}, Code.MISSING_FEATURE, "/body"),
        ({"meta": {"id": "e"}, "body": {"f": 3}}, Code.WRONG_TYPE, "/body/f"),
        ({"meta": {"id": "e"}, "body": None}, Code.WRONG_TYPE, "/body"),
    ],
)
def test_a_member_that_is_not_where_the_manifest_says_is_named(event, code, path):
    with pytest.raises(Fault) as caught:
        validator(NUMBER, **DEEP).row(event)
    assert (caught.value.code, caught.value.path) == (code, path)
