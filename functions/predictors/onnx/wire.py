"""The wire format of protocol buffers, as far as ONNX files use it.

https://protobuf.dev/programming-guides/encoding/: a message is fields, each a key (number and wire type) and a value.
Messages in messages are not entered here: a value is where it begins and ends.
"""

from __future__ import annotations

from predictors.errors import ModelUnsound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_FIXED = {FIXED64: 8, FIXED32: 4}
_MAX_BITS = 64
# Of a varint all bytes but the last have the highest bit.
_OTHER_BYTES = bytes(range(128, 256))


def fields(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """The fields of the message in data[start:end]: number, wire type, and where the value begins and ends.

    Of a varint, the value itself, and 0. Raises ModelUnsound.
    """
    at = start
    while at < end:
        key, at = varint(data, at, end)
        number, wire = key >> 3, key & 7
        if not number:
            raise ModelUnsound(f"byte {at}: expected a field's number, got 0")
        if wire == VARINT:
            value, at = varint(data, at, end)
            yield number, wire, value, 0
            continue
        if wire == BYTES:
            size, at = varint(data, at, end)
        elif wire in _FIXED:
            size = _FIXED[wire]
        else:
            raise ModelUnsound(f"byte {at}: expected a wire type that ONNX uses, got {wire}")
        if size > end - at:
            raise ModelUnsound(f"byte {at}: expected {size} bytes of field {number}, got {end - at}")
        yield number, wire, at, at + size
        at += size


def varint(data: bytes, at: int, end: int) -> tuple[int, int]:
    """An unsigned integer of up to 64 bits, and where it ends. Raises ModelUnsound."""
    value = shift = 0
    while at < end and shift < _MAX_BITS:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            if value >> _MAX_BITS:
                break
            return value, at
        shift += 7
    raise ModelUnsound(f"byte {at}: expected an integer of up to 64 bits")


def signed(value: int) -> int:
    """An int64, which is written as the unsigned integer with the same bits."""
    return value - (1 << 64) if value >> 63 else value


def varints(data: bytes, start: int, end: int) -> list[int]:
    """The integers of a packed field. Raises ModelUnsound."""
    found, at = [], start
    while at < end:
        value, at = varint(data, at, end)
        found.append(value)
    return found


def count_varints(data: bytes, start: int, end: int) -> int:
    """How many integers a packed field has, without reading them. Raises ModelUnsound."""
    if start < end and data[end - 1] >= 128:
        raise ModelUnsound(f"byte {end}: expected an integer's last byte")
    return len(data[start:end].translate(None, _OTHER_BYTES))
