import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records import kpl
from records.faults import Code, Fault
from tests.fakes.envelopes import aggregate, member, sealed, varint

USERS = [("alice", b'{"a": 1}'), ("bob", b""), ("alice", b"\x00\xff")]
keys = st.text(min_size=1, max_size=256).filter(lambda key: key.isprintable())


def test_a_record_written_by_hand_gives_its_user_records():
    table = b"\x0a\x01k"  # field 1, bytes: "k"
    hash_keys = b"\x12\x01h"  # field 2, bytes: explicit hash keys are not needed
    user = b"\x1a\x07\x08\x00\x1a\x03abc"  # field 3, bytes: key index 0, data "abc"
    assert kpl.deaggregate(sealed(table + hash_keys + user)) == [("k", b"abc")]


@given(st.lists(st.tuples(keys, st.binary(max_size=200)), min_size=1, max_size=6))
def test_what_is_aggregated_comes_out_again_in_order(users):
    assert kpl.deaggregate(aggregate(users)) == users


def test_members_of_other_numbers_and_types_are_skipped():
    user = varint(2 << 3) + varint(300) + varint(1 << 3) + varint(0) + member(3, b"abc") + member(4, b"tags")
    extra = varint(9 << 3 | 1) + bytes(8) + varint(10 << 3 | 5) + bytes(4)
    assert kpl.deaggregate(sealed(extra + member(1, b"k") + member(3, user))) == [("k", b"abc")]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(kpl.MAGIC, id="magic number alone"),
        pytest.param(kpl.MAGIC + bytes(16), id="digest of something else"),
        pytest.param(aggregate(USERS)[:-1] + b"\x00", id="digest damaged"),
        pytest.param(aggregate(USERS)[:-20] + aggregate(USERS)[-16:], id="records cut off"),
        pytest.param(sealed(b""), id="empty"),
        pytest.param(sealed(member(1, b"k")), id="keys but no records"),
        pytest.param(sealed(b"\x80"), id="tag cut off"),
        pytest.param(sealed(b"\x1a\x80"), id="length cut off"),
        pytest.param(sealed(b"\x1a\x05ab"), id="member cut off"),
        pytest.param(sealed(member(1, b"k") + member(3, b"\x08\x00\x1a\x09abc")), id="data cut off"),
        pytest.param(sealed(member(1, b"k") + b"\x1a\x63\x08\x00\x1a\x03abc"), id="last record cut off"),
        pytest.param(sealed(b"\x80" * 11 + b"\x00"), id="number longer than 64 bits"),
        pytest.param(sealed(b"\x0b"), id="wire type 3"),
        pytest.param(sealed(b"\x19ab"), id="fixed64 cut off"),
        pytest.param(sealed(member(1, b"\xff") + member(3, b"\x08\x00\x1a\x00")), id="key is not UTF-8"),
        pytest.param(sealed(member(1, b"k") + member(3, b"\x08\x01\x1a\x00")), id="key index out of range"),
        pytest.param(sealed(member(1, b"k") + member(3, b"\x08\x00")), id="record without data"),
        pytest.param(sealed(member(1, b"k") + member(3, b"\x1a\x00")), id="record without key"),
        pytest.param(sealed(member(1, b"k") + member(3, b"\x0a\x00\x1a\x00")), id="key index of another type"),
        pytest.param(sealed(member(1, b"k") + member(3, b"\x08\x00\x18\x00")), id="data of another type"),
        pytest.param(sealed(member(1, b"k") + varint(3 << 3) + b"\x00"), id="record of another type"),
        pytest.param(sealed(member(1, b"") + member(3, b"\x08\x00\x1a\x00")), id="empty key"),
        pytest.param(
            sealed(member(1, b"k" * 257) + member(3, b"\x08\x00\x1a\x00")), id="key longer than Kinesis takes"
        ),
    ],
)
def test_a_damaged_aggregate_is_a_fault(data):
    with pytest.raises(Fault) as caught:
        kpl.deaggregate(data)
    assert caught.value.code == Code.INVALID_AGGREGATE


@given(st.binary(max_size=80))
def test_arbitrary_bytes_give_records_or_a_fault_and_nothing_else(message):
    with contextlib.suppress(Fault):
        assert kpl.deaggregate(sealed(message))
