import contextlib
import json
import math

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from records.faults import Code, Fault
from records.strict_json import MAX_DEPTH, JsonRefused, decode, parse
from scoring.validate import Validator
from tests.fakes import artifacts

numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
# Events that look right from afar, with anything in the features' places.
events = st.fixed_dictionaries(
    {},
    optional={
        "event_id": st.text() | values,
        "features": st.fixed_dictionaries({}, optional=dict.fromkeys(artifacts.NAMES, values)) | values,
    },
)
VALIDATOR = Validator(artifacts.artifact().manifest)


@given(st.dictionaries(st.text(), values, max_size=5))
def test_every_json_object_comes_through_as_python_reads_it(value):
    assert decode(json.dumps(value).encode()) == value
    assert decode(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")).__class__ is dict


@pytest.mark.parametrize(
    ("data", "code", "detail"),
    [
        (b"\xff{}", Code.INVALID_UTF8, "byte at 0"),
        (b"{} x", Code.INVALID_JSON, "character 3"),
        (b"[" * 100_000, Code.INVALID_JSON, "nested"),
        (b'{"a": Infinity}', Code.INVALID_JSON, "no Infinity"),
        (b'{"a": ' + b"9" * 4_301 + b"}", Code.NON_FINITE, "integer"),
        (b'{"a": {"b": 1, "b": 2}}', Code.DUPLICATE_KEY, "once"),
        (b"[{}]", Code.NOT_AN_OBJECT, "at the top"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_a_fault_says_what_was_expected(data, code, detail):
    with pytest.raises(Fault, match=detail) as caught:
        decode(data)
    assert (caught.value.code, caught.value.path) == (code, "")


@pytest.mark.parametrize("template", ['{"a": %s}', '{"a": [], "b": %s}'])
def test_the_limit_of_nesting_is_our_own(template):
    def nested(levels):
        return (template % ("[" * levels + "]" * levels)).encode()

    assert decode(nested(MAX_DEPTH - 1))
    with pytest.raises(Fault, match=f"at most {MAX_DEPTH} nested") as caught:
        decode(nested(MAX_DEPTH))
    assert caught.value.code == Code.INVALID_JSON


def test_many_values_beside_each_other_are_no_nesting():
    assert len(decode(json.dumps({"a": [{}] * 5_000, "b": "[" * 5_000}).encode())["a"]) == 5_000


@pytest.mark.parametrize("value", [None, True, 1.5, "a", [1], {"a": {}}])
def test_any_value_may_be_parsed(value):
    assert parse(json.dumps(value).encode()) == value


@pytest.mark.parametrize("levels", [1, 2, 64])
def test_whoever_parses_says_how_many_levels_there_may_be(levels):
    assert parse(b"[" * levels + b"]" * levels, most_levels=levels) is not None
    for deep in (b"[" * (levels + 1) + b"]" * (levels + 1), b'{"a":' * levels + b"[]" + b"}" * levels):
        with pytest.raises(JsonRefused, match=f"^expected at most {levels} nested values$"):
            parse(deep, most_levels=levels)


def test_a_member_that_is_there_twice_is_named_by_the_error_and_not_in_its_text():
    with pytest.raises(JsonRefused) as caught:
        parse(b'{"x": 1, "secret": 2, "\\u0073ecret": 3, "x": 4}')
    assert (caught.value.member, "secret" in str(caught.value)) == ("secret", False)


def test_a_member_twice_among_many_is_found_at_once():
    names = ",".join(f'"m{i}":0' for i in range(200_000))
    with pytest.raises(JsonRefused) as caught:
        parse(f'{{{names},"m199999":1}}'.encode())
    assert caught.value.member == "m199999"


def test_nan_and_infinity_are_read_where_they_are_asked_for():
    found = parse(b"[NaN, Infinity, -Infinity]", nan=True)
    assert [math.isnan(found[0]), *found[1:]] == [True, math.inf, -math.inf]


@given(st.binary() | st.text().map(lambda text: text.encode("utf-8", "replace")))
@example(b'{"a": 1e')
@example(b'"\\ud800"')
@example(b"-")
def test_arbitrary_bytes_lead_to_an_object_or_a_fault_and_nothing_else(data):
    with contextlib.suppress(Fault):
        assert type(decode(data)) is dict


@settings(max_examples=200)
@given(events)
def test_arbitrary_events_lead_to_finite_rows_or_a_fault_and_nothing_else(event):
    with contextlib.suppress(Fault):
        row = VALIDATOR.row(decode(json.dumps(event).encode()))
        assert len(row.features) == len(artifacts.NAMES)
        assert all(type(value) is float and not math.isinf(value) for value in row.features)
