import contextlib
import json
import struct
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from predictors.xgboost import ubj
from tests.fakes import artifacts
from tests.fakes.ubj import encode

values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)


def same(found, expected):
    """Whether a UBJ value is the JSON value: JSON prints a float32 as its shortest decimal."""
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(same(found[key], expected[key]) for key in expected)
    if isinstance(expected, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    if isinstance(expected, float):
        return struct.pack("f", found) == struct.pack("f", expected)
    return found == expected


@pytest.mark.parametrize("kind", artifacts.KINDS)
def test_xgboosts_ubj_decodes_to_what_its_json_says(kind):
    booster = artifacts.booster(kind)
    found, expected = ubj.decode(bytes(booster.save_raw("ubj"))), json.loads(booster.save_raw("json"))
    assert same(found, expected)
    assert expected["learner"]["gradient_booster"]["model"]["trees"]


def test_the_comparison_itself_can_tell_a_difference():
    model = json.loads(artifacts.booster("binary").save_raw("json"))
    other = json.loads(artifacts.booster("binary").save_raw("json"))
    other["learner"]["gradient_booster"]["model"]["trees"][7]["split_conditions"][0] += 1e-3
    assert same(model, model)
    assert not same(model, other)


@given(values)
def test_what_is_encoded_decodes_to_itself(value):
    assert ubj.decode(encode(value)) == value


@pytest.mark.parametrize(
    ("data", "value"),
    [
        (b"i\xff", -1),
        (b"U\xff", 255),
        (b"I\xff\xfe", -2),
        (b"l\x00\x01\x00\x00", 65536),
        (b"L" + struct.pack(">q", -(2**40)), -(2**40)),
        (b"d\x3f\x80\x00\x00", 1.0),
        (b"D" + struct.pack(">d", 0.1), 0.1),
        (b"Si\x02ab", "ab"),
        (b"Si\x02\xc3\xbc", "ü"),
        (b"{i\x01aTi\x01bFi\x01cZ}", {"a": True, "b": False, "c": None}),
        (b"[i\x01Si\x01a]", [1, "a"]),
        (b"[#i\x02i\x01i\x02", [1, 2]),
        (b"[$U#i\x03\x01\x02\x03", array("B", [1, 2, 3])),
        (b"[$i#i\x02\xff\x01", array("b", [-1, 1])),
        (b"[$I#i\x01\x01\x02", array("h", [258])),
        (b"[$l#i\x01\xff\xff\xff\xff", array("i", [-1])),
        (b"[$L#i\x01" + struct.pack(">q", 2**40), array("q", [2**40])),
        (b"[$d#i\x01\x3f\x80\x00\x00", array("f", [1.0])),
        (b"[$D#i\x01" + struct.pack(">d", 0.1), array("d", [0.1])),
        (b"[]", []),
        (b"{}", {}),
        (b"[$d#i\x00", array("f")),
    ],
    ids=repr,
)
def test_every_type_is_read(data, value):
    found = ubj.decode(data)
    assert found == value
    assert type(found) is type(value)
    if isinstance(value, array):
        assert found.typecode == value.typecode


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"x", id="unknown marker"),
        pytest.param(b"Zx", id="extra bytes"),
        pytest.param(b"ZZ", id="two values"),
        pytest.param(b"L\x00", id="number cut off"),
        pytest.param(b"Si\x05ab", id="text cut off"),
        pytest.param(b"Si\xffab", id="negative length"),
        pytest.param(b"Sd\x3f\x80\x00\x00a", id="length is a float"),
        pytest.param(b"ST", id="length is true"),
        pytest.param(b"S[]", id="length is an array"),
        pytest.param(b"S{}", id="length is an object"),
        pytest.param(b"Si\x01\xff", id="text is not UTF-8"),
        pytest.param(b"SL" + struct.pack(">q", 2**62), id="length beyond the file"),
        pytest.param(b"[#L" + struct.pack(">q", 2**62), id="count beyond the file"),
        pytest.param(b"[$d#L" + struct.pack(">q", 2**62), id="typed count beyond the file"),
        pytest.param(b"[$d#i\x02\x00\x00\x00\x00", id="typed array cut off"),
        pytest.param(b"[$S#i\x01i\x01a", id="typed array of text"),
        pytest.param(b"[$d]", id="typed array without a count"),
        pytest.param(b"[$", id="typed array without a type"),
        pytest.param(b"[i\x01", id="array not closed"),
        pytest.param(b"{i\x01aT", id="object not closed"),
        pytest.param(b"{i\x01a}", id="member without a value"),
        pytest.param(b"{i\x01aTi\x01aF}", id="member twice"),
        pytest.param(b"[" * 100_000, id="arrays nested deep"),
        pytest.param(b"{i\x01a" * 100_000, id="objects nested deep"),
        pytest.param(b"[" * 33 + b"]" * 33, id="one level too many"),
        pytest.param(b"S" + b"[" * 100_000, id="lengths nested deep"),
    ],
)
def test_damage_is_a_value_error(data):
    with pytest.raises(ValueError, match=r"expected|codec"):
        ubj.decode(data)


def test_nesting_up_to_the_limit_is_read():
    assert ubj.decode(b"[" * 32 + b"]" * 32)


def test_every_truncation_of_a_model_is_a_value_error(artifact):
    for end in range(0, len(artifact.model), 37):
        with pytest.raises(ValueError, match="expected"):
            ubj.decode(artifact.model[:end])


@given(st.binary(max_size=100))
def test_arbitrary_bytes_give_a_value_or_a_value_error_and_nothing_else(data):
    with contextlib.suppress(ValueError):
        ubj.decode(data)
