"""Aggregates that C makes of messages: byte for byte those of the reference implementation."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sinks.aggregates import first_hash_keys
from sinks.messages import Message, MessageList
from tests.unit.native.test_messages import ARN, fill

keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=9) | st.sampled_from(
    ["a", "b", "ü" * 128]
)
items = st.lists(st.tuples(keys, st.binary(max_size=300)), max_size=40)


def both(native, messages, indices, hash_keys, most_bytes, overhead=128):
    """What C makes, checked against the reference implementation."""
    asked = (ARN, indices, hash_keys, most_bytes, overhead)
    in_c, reference = fill(native, messages), MessageList(Message(*each) for each in messages)
    assert in_c.put_aggregates(*asked, cbor=True) == reference.put_aggregates(*asked, cbor=True)
    made = in_c.put_aggregates(*asked)
    assert made == reference.put_aggregates(*asked)
    return made


@given(
    messages=items,
    ranges=st.sampled_from([1, 2, 3, 16, 255, 256]),
    most_bytes=st.sampled_from([0, 300, 700, 1 << 20]),
    data=st.data(),
)
@settings(max_examples=200)
def test_each_aggregate_is_that_of_the_reference_implementation(native, messages, ranges, most_bytes, data):
    indices = data.draw(st.lists(st.integers(0, len(messages) - 1), max_size=60)) if messages else []
    _, members = both(native, messages, indices, first_hash_keys(ranges), most_bytes)
    assert sorted(place for each in members for place in each) == list(range(len(indices)))


@pytest.mark.parametrize("size", [0, 100, 127, 128, 16_383, 16_384, 70_000])
def test_numbers_of_each_length_are_written(native, size):
    messages = [(f"key-{number % 300}", b"x" * (size if number % 50 == 0 else 3)) for number in range(400)]
    both(native, messages, range(400), first_hash_keys(1), 1 << 24)


def test_keys_of_one_checksum_are_kept_apart(native):
    """Their CRC-32 is the same."""
    messages = [("plumless", b"1"), ("buckeroo", b"2"), ("plumless", b"3")]
    both(native, messages, range(3), first_hash_keys(1), 1 << 20)


def test_what_cut_gives_is_taken(native):
    messages = fill(native, [(f"k{number}", b"x" * number) for number in range(90)])
    for call in messages.cut(range(90), 40, 1 << 20, True, 3)[0]:
        asked = (first_hash_keys(4), 500, 128)
        assert messages.put_aggregates(ARN, call, *asked) == messages.put_aggregates(ARN, list(call), *asked)


@pytest.mark.parametrize(
    ("hash_keys", "most_bytes", "overhead"),
    [((), 1, 1), (("0",) * 257, 1, 1), (("ü",), 1, 1), (('"',), 1, 1), (("0",), -1, 1), (("0",), 1, -1)],
)
def test_wrong_values_are_refused(native, hash_keys, most_bytes, overhead):
    with pytest.raises(ValueError, match="expected"):
        fill(native, [("k", b"x")]).put_aggregates(ARN, [0], hash_keys, most_bytes, overhead)


@pytest.mark.parametrize("hash_keys", [None, ["0"], (0,), (None,)])
def test_hash_keys_are_texts_in_a_tuple(native, hash_keys):
    with pytest.raises(TypeError):
        fill(native, [("k", b"x")]).put_aggregates(ARN, [0], hash_keys, 1, 1)


def test_messages_that_are_not_there_are_refused(native):
    with pytest.raises(IndexError, match="expected the numbers of 1 messages"):
        fill(native, [("k", b"x")]).put_aggregates(ARN, [1], ("0",), 1, 1)
