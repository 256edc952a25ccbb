"""Features from several objects and from arrays; ids; values as text."""

import math

import pytest

from model_store.event_format import EventFormat
from model_store.feature import Feature
from records.faults import Code, Fault
from scoring.validate import Validator
from tests.fakes import artifacts


def validator(*features, event=None):
    manifest = artifacts.manifest("regression", b"", features=features, golden_rows=(), event=event or EventFormat())
    return Validator(manifest)


SPREAD = (
    Feature("age", "int", path="/customer/age"),
    Feature("total", "float", path="/order/total"),
    Feature("first", "float", path="/order/items/0/price", allow_missing=False),
    Feature("channel", "category", path="/channel", categories=("app", "web")),
)
EVENT = {
    "event_id": "e",
    "customer": {"age": 40, "name": "Ada"},
    "order": {"total": 12.5, "items": [{"price": 3.0}, {"price": 9.5}]},
    "channel": "web",
    "other": 1,
}


def test_each_feature_is_read_where_its_path_says():
    row = validator(*SPREAD).row(EVENT)
    assert (row.event_id, row.features) == ("e", (40.0, 12.5, 3.0, 1.0))


def test_members_that_the_manifest_does_not_know_are_counted_where_features_are():
    assert validator(*SPREAD).row(EVENT).ignored_members == 2  # the customer's name, and `other`


@pytest.mark.parametrize("customer", [{}, {"customer": None}, {"customer": {}}, {"customer": {"age": None}}], ids=str)
def test_of_several_objects_one_that_is_absent_or_null_has_no_features(customer):
    event = {name: value for name, value in EVENT.items() if name != "customer"} | customer
    assert math.isnan(validator(*SPREAD).row(event).features[0])


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"order": {"items": []}}, Code.MISSING_FEATURE, "/order/items/0/price"),
        ({"order": {}}, Code.MISSING_FEATURE, "/order/items/0/price"),
        ({"order": {"items": {}}}, Code.MISSING_FEATURE, "/order/items/0/price"),
        ({"order": 3}, Code.WRONG_TYPE, "/order"),
        ({"order": [3]}, Code.WRONG_TYPE, "/order"),
        ({"order": {"items": [3]}}, Code.WRONG_TYPE, "/order/items/0"),
        ({"customer": {"age": "x"}}, Code.WRONG_TYPE, "/customer/age"),
        ({"channel": {}}, Code.WRONG_TYPE, "/channel"),
    ],
)
def test_a_fault_names_its_path(change, code, path):
    with pytest.raises(Fault) as caught:
        validator(*SPREAD).row(EVENT | change)
    assert (caught.value.code, caught.value.path) == (code, path)


def test_features_may_be_an_arrays_items():
    items = validator(Feature("a", "float", path="/values/1"), Feature("b", "float", path="/values/0"))
    assert items.row({"event_id": "e", "values": [1.5, 2.5]}).features == (2.5, 1.5)
    assert items.row({"event_id": "e", "values": {"0": 1.5, "1": 2.5}}).features == (2.5, 1.5)
    assert math.isnan(items.row({"event_id": "e", "values": [1.5]}).features[0])


@pytest.mark.parametrize("token", ["-", "01", "+1", "1_0", "٣", "99999999999999999999"])
def test_only_an_index_names_an_item(token):
    reads = validator(Feature("a", "float", path=f"/rows/{token}/x"), Feature("b", "float", path="/b"))
    assert math.isnan(reads.row({"event_id": "e", "b": 1, "rows": [{"x": 1}] * 12}).features[0])


ABSENT = [{}, {"features": {}}, {"features": {"renamed": 3}}]


@pytest.mark.parametrize("features", ABSENT[1:], ids=str)
def test_an_event_with_none_of_the_features_has_a_code_of_its_own(features):
    with pytest.raises(Fault) as caught:
        validator(Feature("a", "float"), Feature("b", "float")).row({"event_id": "e"} | features)
    assert (caught.value.code, caught.value.path) == (Code.NO_FEATURES, "/features")


@pytest.mark.parametrize("members", [{}, {"x": {}, "y": None}, {"x": {"other": 1}}], ids=str)
def test_so_has_one_that_lacks_all_of_several_objects(members):
    reads = validator(Feature("a", "float", path="/x/a"), Feature("b", "float", path="/y/b"))
    with pytest.raises(Fault) as caught:
        reads.row({"event_id": "e"} | members)
    assert (caught.value.code, caught.value.path) == (Code.NO_FEATURES, "")


def test_features_that_are_all_null_are_a_row():
    row = validator(Feature("a", "float"), Feature("b", "float")).row({"event_id": "e", "features": {"b": None}})
    assert all(map(math.isnan, row.features))


def test_an_event_may_have_no_id():
    assert validator(Feature("a", "float"), event=EventFormat(None)).row({"features": {"a": 1}}).event_id is None


def test_an_id_may_be_an_integer():
    reads = validator(Feature("a", "float"), event=EventFormat("/rows/0/id", "integer"))
    assert reads.row({"rows": [{"id": 10**30}], "features": {"a": 1}}).event_id == 10**30
    for wrong in ("7", 7.0, True, None):
        with pytest.raises(Fault) as caught:
            reads.row({"rows": [{"id": wrong}], "features": {"a": 1}})
        assert (caught.value.code, caught.value.path) == (Code.WRONG_TYPE, "/rows/0/id")


@pytest.mark.parametrize(
    ("kind", "given", "converted"),
    [
        ("float", "3.4", 3.4),
        ("float", "-1E+2", -100.0),
        ("float", 3.4, 3.4),
        ("int", "3", 3.0),
        ("int", "3.0", 3.0),
        ("int", "-9007199254740993", float(-9007199254740993)),
        ("bool", "true", 1.0),
        ("bool", "False", 0.0),
        ("bool", 1, 1.0),
        ("bool", 0.0, 0.0),
        ("bool", "1", 1.0),
        ("bool", True, 1.0),
        ("float", None, math.nan),
    ],
)
def test_text_is_read_where_it_is_accepted(kind, given, converted):
    (found,) = validator(Feature("x", kind, accept_text=True)).row({"event_id": "e", "features": {"x": given}}).features
    assert found == converted or (math.isnan(found) and math.isnan(converted))


@pytest.mark.parametrize(
    ("kind", "given", "code"),
    [
        *[("float", text, Code.WRONG_TYPE) for text in ("", " 1", "1_000", "+1", "01", ".5", "NaN", "1,5", "0x1", "١")],
        ("float", "1e999", Code.NON_FINITE),
        ("float", "1" * 5_000, Code.NON_FINITE),
        ("int", "1" * 5_000, Code.NON_FINITE),
        ("int", "1.5", Code.WRONG_TYPE),
        ("int", True, Code.WRONG_TYPE),
        ("bool", "yes", Code.WRONG_TYPE),
        ("bool", 2, Code.WRONG_TYPE),
        ("bool", [], Code.WRONG_TYPE),
    ],
)
def test_other_text_is_a_fault(kind, given, code):
    with pytest.raises(Fault) as caught:
        validator(Feature("x", kind, accept_text=True)).row({"event_id": "e", "features": {"x": given}})
    assert (caught.value.code, caught.value.path) == (code, "/features/x")


def test_numbers_and_booleans_may_be_categories():
    features = (
        Feature("zip", "category", categories=("10001", "60601")),
        Feature("vip", "category", categories=("False", "True")),
    )
    row = validator(*features).row({"event_id": "e", "features": {"zip": 60601, "vip": True}})
    assert row.features == (1.0, 1.0)
