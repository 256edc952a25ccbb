"""The reader of the wire format: against protobuf's own writer, and at its bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from onnx import TensorProto

from predictors.errors import ModelUnsound
from predictors.onnx import wire


@given(st.lists(st.integers(-(2**63), 2**63 - 1), max_size=20))
def test_integers_are_read_as_protobuf_writes_them(values: list[int]) -> None:
    raw = TensorProto(int64_data=values, name="after").SerializeToString()
    found = {number: (start, end) for number, _, start, end in wire.fields(raw, 0, len(raw))}
    start, end = found.get(7, (0, 0))
    assert [wire.signed(value) for value in wire.varints(raw, start, end)] == values
    assert wire.count_varints(raw, start, end) == len(values)
    assert raw[slice(*found[8])] == b"after"


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (b"\x08", "integer of up to 64 bits"),  # a key without a value
        (b"\x80" * 11 + b"\x01", "integer of up to 64 bits"),
        (b"\x08" + b"\xff" * 9 + b"\x7f", "integer of up to 64 bits"),  # 70 bits
        (b"\x12\x05abc", "expected 5 bytes of field 2, got 3"),
        (b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "bytes of field 2, got 0"),
        (b"\x0d\x00\x00", "expected 4 bytes of field 1, got 2"),
        (b"\x0b\x0c", "wire type that ONNX uses, got 3"),  # a group
        (b"\x00\x01", "expected a field's number, got 0"),
    ],
)
def test_what_is_no_message_is_refused(raw: bytes, why: str) -> None:
    with pytest.raises(ModelUnsound, match=why):
        list(wire.fields(raw, 0, len(raw)))


def test_integers_that_are_cut_off_are_not_counted() -> None:
    with pytest.raises(ModelUnsound, match="last byte"):
        wire.count_varints(b"\x01\x80", 0, 2)
