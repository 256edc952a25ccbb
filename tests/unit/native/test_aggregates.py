"""Aggregates of the Kinesis Producer Library become rows in C, exactly those of the reference implementation."""

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from records import kpl
from tests.fakes import envelopes, native_rows
from tests.fakes.envelopes import aggregate, member, sealed, varint

keys = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=256)
good = st.integers(0, 999).map(lambda number: json.dumps(envelopes.event(number)).encode())


def users(count, first=0):
    return [
        (f"key-{number % 3}", json.dumps(envelopes.event(number)).encode()) for number in range(first, first + count)
    ]


def batch(*payloads):
    return envelopes.kinesis(*payloads)["Records"]


@given(
    groups=st.lists(st.lists(st.tuples(keys, good), min_size=1, max_size=4), min_size=1, max_size=10),
    share=st.sampled_from([0.0, 0.4, 1.0]),
)
@settings(max_examples=80)
def test_every_valid_aggregate_is_taken(native, groups, share):
    assert native_rows.assert_as_reference(native, batch(*map(aggregate, groups)), share) == []


@given(group=st.lists(st.tuples(keys, good), min_size=1, max_size=5))
def test_what_the_scorer_itself_aggregates_is_taken(native, group):
    assert (
        native_rows.assert_as_reference(native, batch(kpl.aggregate(group, "170141183460469231731687303715884105728")))
        == []
    )


def test_aggregates_and_single_records_of_one_batch_keep_their_order(native):
    payloads = [
        aggregate(users(3)),
        envelopes.event(7),
        aggregate(users(1, 40)),
        *map(envelopes.event, range(12)),
        aggregate(users(200, 50)),
    ]
    assert native_rows.assert_as_reference(native, batch(*payloads), 0.5) == []


def test_members_of_other_numbers_and_types_are_skipped(native):
    data = json.dumps(envelopes.event()).encode()
    user = varint(2 << 3) + varint(300) + varint(1 << 3) + varint(0) + member(3, data) + member(4, b"tags")
    extra = varint(9 << 3 | 1) + bytes(8) + varint(10 << 3 | 5) + bytes(4) + member(2, b"0")
    assert native_rows.assert_as_reference(native, batch(sealed(extra + member(3, user) + member(1, b"k")))) == []


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(aggregate(users(2))[:-1] + b"\x00", id="digest damaged"),
        pytest.param(kpl.MAGIC, id="magic number alone"),
        pytest.param(kpl.MAGIC + bytes(15), id="no room for a digest"),
        pytest.param(kpl.MAGIC + bytes(16), id="digest of something else"),
        pytest.param(sealed(b""), id="empty"),
        pytest.param(sealed(member(1, b"k")), id="keys but no records"),
        pytest.param(sealed(member(1, b"k") + member(3, b"\x08\x00")), id="record without data"),
        pytest.param(sealed(member(1, b"k") + member(3, b"\x08\x01\x1a\x00")), id="key index out of range"),
        pytest.param(sealed(member(1, b"\xed\xa0\x80") + member(3, b"\x08\x00\x1a\x00")), id="key is a surrogate"),
        pytest.param(sealed(member(1, b"k" * 257) + member(3, b"\x08\x00\x1a\x00")), id="long key"),
        pytest.param(sealed(b"\x80" * 9 + b"\x02"), id="number longer than 64 bits"),
        pytest.param(aggregate([*users(2), ("k", b"not json")]), id="one bad event at the end"),
        pytest.param(aggregate([("k", kpl.MAGIC), *users(2)]), id="one bad event at the beginning"),
    ],
)
@pytest.mark.parametrize("share", [0.0, 0.5])
def test_a_faulty_aggregate_is_left_as_a_whole(native, odd, share):
    payloads = [aggregate(users(3)), odd, aggregate(users(3)), envelopes.event()]
    assert native_rows.assert_as_reference(native, batch(*payloads), share) == [1]


@given(group=st.lists(st.tuples(keys, good), min_size=1, max_size=3), data=st.data())
@settings(max_examples=150)
def test_damaged_protocol_buffers_are_taken_as_the_reference_would_or_left(native, group, data):
    message = bytearray(aggregate(group)[len(kpl.MAGIC) : -16])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(message) - 1))
        how = data.draw(st.sampled_from(["change", "remove", "insert"]))
        if how == "change":
            message[place] = data.draw(st.integers(0, 255))
        elif how == "remove" and len(message) > 1:
            del message[place]
        else:
            message.insert(place, data.draw(st.integers(0, 255)))
    native_rows.assert_as_reference(native, batch(sealed(bytes(message)), envelopes.event()))


def test_an_aggregate_with_escapes_in_its_envelope_is_taken(native):
    records = batch(aggregate(users(5)), aggregate(users(5)))
    raw = json.dumps({"Records": records}).replace("/", "\\/").replace("stream\\/events", "stream/events")
    assert base64.b64encode(aggregate(users(5))).count(b"/") > 0
    assert native_rows.assert_as_reference(native, native_rows.scan(native, raw.encode())) == []


@pytest.mark.parametrize("count", [1, 7, 8, 9, 25])
def test_aggregates_of_very_different_sizes_are_all_verified(native, count):
    payloads = [aggregate(users(1 + 40 * (number % 3))) for number in range(count)]
    assert native_rows.assert_as_reference(native, batch(*payloads)) == []
    payloads[-1] = payloads[-1][:-1] + bytes((payloads[-1][-1] ^ 1,))
    assert native_rows.assert_as_reference(native, batch(*payloads)) == [count - 1]
