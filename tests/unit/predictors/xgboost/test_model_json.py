import contextlib
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictors.xgboost import model_json
from tests.fakes import artifacts

objects = st.dictionaries(
    st.text(),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
        lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
        max_leaves=20,
    ),
    max_size=5,
)


@pytest.mark.parametrize("kind", artifacts.KINDS)
def test_xgboosts_json_is_read(kind):
    raw = bytes(artifacts.booster(kind).save_raw("json"))
    assert model_json.decode(raw) == json.loads(raw)


@given(objects, st.booleans(), st.sampled_from([None, 1]))
def test_any_json_object_is_read_as_it_is(value, ascii_only, indent):
    raw = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode()
    assert model_json.decode(raw) == value


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "begins with", id="empty"),
        pytest.param(b"[]", "begins with", id="array"),
        pytest.param(b' {"a": 1}', "begins with", id="space first"),
        pytest.param(b'\xef\xbb\xbf{"a": 1}', "begins with", id="byte order mark"),
        pytest.param(b"{", "JSON: .* at character", id="cut off"),
        pytest.param(b'{"a": 1}{}', "JSON: Extra data", id="two values"),
        pytest.param(b'{"a": 1}\x00', "JSON: Extra data", id="a byte more"),
        pytest.param(b'{"a": 1, "a": 1}', "each member once, got 'a' again", id="member twice"),
        pytest.param(b'{"a": 1, "\\u0061": 1}', "each member once, got 'a' again", id="member twice, spelt otherwise"),
        pytest.param(b'{"a": NaN}', "has no NaN", id="NaN"),
        pytest.param(b'{"a": -Infinity}', "has no -Infinity", id="infinity"),
        pytest.param(b'{"a": 1,}', "JSON: .* at character", id="comma too many"),
        pytest.param(b"{'a': 1}", "JSON: .* at character", id="single quotes"),
        pytest.param(b'{"a": "\xff"}', "expected UTF-8", id="not UTF-8"),
        pytest.param('{"a": 1}'.encode("utf-16-le"), "JSON: .* at character", id="UTF-16"),
        pytest.param(b'{"a": ' + b"1" * 5_000 + b"}", "integer beyond", id="number too long"),
        pytest.param(b'{"a": ' + b"[" * 100_000, "at most 32 nested", id="arrays nested deep"),
        pytest.param(b'{"a": ' * 100_000, "at most 32 nested", id="objects nested deep"),
        pytest.param(b'{"a": ' + b"[" * 32 + b"]" * 32 + b"}", "at most 32 nested", id="one level too many"),
    ],
)
def test_what_is_no_strict_json_is_a_value_error(data, message):
    with pytest.raises(ValueError, match=message):
        model_json.decode(data)


def test_nesting_up_to_the_limit_is_read():
    assert model_json.decode(b'{"a": ' + b"[" * 31 + b"]" * 31 + b"}")


def test_brackets_in_texts_are_no_nesting():
    text = "[{" * 1_000 + '\\"[' * 100
    assert model_json.decode(json.dumps({"a": text}).encode()) == {"a": text}


def test_nan_is_read_where_it_is_asked_for():
    found = model_json.decode(b'{"a": [NaN, 1]}', nan=True)["a"]
    assert found[0] != found[0]


@pytest.mark.parametrize(
    "text", [b'\\"' * 500_000, b"\\" * 1_000_001, b'\\\\"' * 300_000], ids=["quotes", "slashes", "both"]
)
def test_a_text_that_does_not_end_is_read_once(text):
    """A scan that began anew at each quote would take hours."""
    began = time.process_time()
    with pytest.raises(ValueError, match="JSON: "):
        model_json.decode(b'{"' + text)
    assert time.process_time() - began < 5


@given(st.binary(max_size=100))
def test_arbitrary_bytes_give_a_value_or_a_value_error_and_nothing_else(data):
    with contextlib.suppress(ValueError):
        model_json.decode(b"{" + data)
