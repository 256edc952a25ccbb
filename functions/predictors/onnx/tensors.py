"""The weights of an ONNX file: whether there are as many as the dimensions say, and all of them finite."""

from __future__ import annotations

import math
import re
import struct

from predictors.errors import ModelUnsound
from predictors.onnx import wire
from predictors.onnx.messages import TENSOR, members

TYPE_CHECKING = False
if TYPE_CHECKING:
    from predictors.onnx.messages import Span

FLOAT, UINT8, INT8, INT32, INT64, BOOL, FLOAT16, DOUBLE = 1, 2, 3, 6, 7, 9, 10, 11
# Bytes of an element.
SIZES = {FLOAT: 4, UINT8: 1, INT8: 1, INT32: 4, INT64: 8, BOOL: 1, FLOAT16: 2, DOUBLE: 8}
NAMES = {
    FLOAT: "float32", UINT8: "uint8", INT8: "int8", INT32: "int32", INT64: "int64", BOOL: "bool", FLOAT16: "float16",
    DOUBLE: "float64",
}  # fmt: skip
# The field that has the elements, where they are not in raw_data.
_FIELDS = {FLOAT: "float_data", INT64: "int64_data", DOUBLE: "double_data"}
_WIDTHS = {"float_data": 4, "double_data": 8}
_DATA = ("raw_data", "float_data", "int32_data", "int64_data", "double_data", "uint64_data")
MAX_RANK, MAX_DIMENSION = 12, 2**31 - 1
MAX_NAME = 1024

# What is infinite, NaN or so large that sums of it overflow shows in the bits of the exponent. By type: the bytes of an
# element, what its last byte then is, from which value on the one before it has the other bits, and `struct`'s name.
_SUSPECT = {
    FLOAT: (4, (*range(0x72, 0x80), *range(0xF2, 0x100)), 0, "<f"),  # from 2^101 on: no training ends there
    DOUBLE: (8, (0x7F, 0xFF), 0xF0, "<d"),
    FLOAT16: (2, (*range(0x7C, 0x80), *range(0xFC, 0x100)), 0, "<e"),
}
# The other bytes: `translate` deletes them 25 times as fast as an expression finds one, and mostly nothing is left.
_HARMLESS = {kind: bytes(set(range(256)) - set(suspect)) for kind, (_, suspect, _, _) in _SUSPECT.items()}
_MASKED = -3.4028234663852886e38  # the lowest float32, which stands for what a softmax leaves out


def check(data: bytes, span: Span, where: str) -> str:
    """Check a tensor; its name. Raises ModelUnsound."""
    kind, name, dimensions = 0, "", list[int]()
    parts: dict[str, list[tuple[int, Span]]] = {}
    for field, how, (value, end) in members(data, span, TENSOR, where):
        if field == "dims":
            dimensions += [value] if how == wire.VARINT else wire.varints(data, value, end)
        elif field == "data_type":
            kind = value
        elif field == "name":
            name = text(data, (value, end), where)
        elif field == "data_location" and value:
            raise ModelUnsound(f"{where}.data_location: expected the data in the file itself")
        elif field in _DATA:
            parts.setdefault(field, []).append((how, (value, end)))
    where = f"{where} {name!r:.80}"
    if kind not in SIZES:
        raise ModelUnsound(f"{where}: expected one of the types {', '.join(NAMES.values())}, got ONNX's type {kind}")
    found = {field: _elements(data, field, places, kind, where) for field, places in parts.items()}
    _check_counts(kind, dimensions, found, where)
    return name


def text(data: bytes, span: Span, where: str) -> str:
    """A name. Raises ModelUnsound."""
    raw = data[span[0] : span[1]]
    try:
        if len(raw) <= MAX_NAME:
            return raw.decode()
    except UnicodeDecodeError:
        pass
    raise ModelUnsound(f"{where}: expected names in UTF-8 of up to {MAX_NAME} bytes")


def dimension(value: int, where: str) -> int:
    """A dimension within the bounds. Raises ModelUnsound."""
    if value > MAX_DIMENSION:  # negative ones are larger than that too
        raise ModelUnsound(f"{where}: expected dimensions from 0 to {MAX_DIMENSION}, got {wire.signed(value)}")
    return value


def _elements(data: bytes, field: str, places: list[tuple[int, Span]], kind: int, where: str) -> int:
    """How many elements a field has; of raw_data, how many bytes."""
    if field != "raw_data" and field not in _WIDTHS:
        return sum(1 if how == wire.VARINT else wire.count_varints(data, *place) for how, place in places)
    width, found = _WIDTHS.get(field), [place for _, place in places]
    if not width:
        return check_finite(data, found, kind, where)
    return check_finite(data, found, FLOAT if width == SIZES[FLOAT] else DOUBLE, where) // width


def _check_counts(kind: int, dimensions: list[int], found: dict[str, int], where: str) -> None:
    if len(dimensions) > MAX_RANK:
        raise ModelUnsound(f"{where}: expected up to {MAX_RANK} dimensions, got {len(dimensions)}")
    count = math.prod(dimension(value, where) for value in dimensions)
    if "raw_data" in found:
        expected = {"raw_data": count * SIZES[kind]}
    else:
        expected = {_FIELDS.get(kind, "int32_data"): count} if count else {}
    if {field: size for field, size in found.items() if size} != {f: size for f, size in expected.items() if size}:
        got = ", ".join(f"{size} in {field}" for field, size in found.items()) or "nothing"
        raise ModelUnsound(f"{where}: expected {count} elements of {NAMES[kind]} for {dimensions}, got {got}")


def check_finite(data: bytes, places: list[Span], kind: int, where: str) -> int:
    """How many bytes a field's values have, of which each may be in a place of its own.

    Raises ModelUnsound for a number that is no weight, for a boolean that is neither, and for half an element. A single
    number may be infinite: masks and bounds are.
    """
    if len(places) == 1:  # as most are: no copy of it
        start, end = places[0]
    else:
        data = b"".join([data[start:end] for start, end in places])
        start, end = 0, len(data)
    size = end - start
    if size % SIZES[kind]:
        raise ModelUnsound(f"{where}: expected elements of {SIZES[kind]} bytes, got {size} bytes")
    if kind == BOOL and data[start:end].translate(None, b"\0\1"):
        raise ModelUnsound(f"{where}: expected booleans of 0 and 1")
    if kind not in _SUSPECT:
        return size
    width, suspect, least, code = _SUSPECT[kind]
    last = data[start + width - 1 : end : width]
    if not last.translate(None, _HARMLESS[kind]):
        return size
    second = data[start + width - 2 : end : width]
    for match in re.finditer(b"[" + re.escape(bytes(suspect)) + b"]", last):
        element = match.start()
        if second[element] < least:
            continue
        (value,) = struct.unpack_from(code, data, start + element * width)
        if math.isnan(value) or (size > width and value != _MASKED):
            raise ModelUnsound(f"{where}: expected finite numbers below 2e30, element {element} is {value:g}")
    return size
