"""Decoder for the UBJSON that XGBoost writes (Universal Binary JSON, draft 12: big-endian, typed arrays).

XGBoost's own reader trusts its input; this one bounds every length by what is left, so that a damaged file
ends in a ValueError and never in the native loader.
"""

from __future__ import annotations

import struct
import sys
from array import array

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MAX_DEPTH = 32

_NUMBERS = {code: struct.Struct(f">{fmt}") for code, fmt in zip(b"iUIlLdD", "bBhiqfd", strict=True)}
_ARRAYS = dict(zip(b"iUIlLdD", "bBhiqfd", strict=True))
_CONSTANTS = {ord("T"): True, ord("F"): False, ord("Z"): None}
_TEXT, _OBJECT, _OBJECT_END, _ARRAY, _ARRAY_END, _TYPE, _COUNT = b"S{}[]$#"


def decode(data: bytes) -> Any:
    """The one value in `data`; a typed array becomes an `array.array`. Raises ValueError where it is damaged."""
    reader = _Reader(data)
    try:
        value = reader.value(0)
    except (IndexError, struct.error):  # a byte or a number beyond the end
        raise ValueError(f"expected more than {len(data)} bytes: the end is missing") from None
    if reader.at != len(data):
        raise ValueError(f"expected the end at byte {reader.at}, got {len(data) - reader.at} bytes more")
    return value


class _Reader:
    """Walks through the bytes once; `at` is the next one. Written for speed: a model has a value every 15 bytes."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def byte(self) -> int:
        self.at += 1
        return self.data[self.at - 1]

    def value(self, depth: int) -> Any:
        code = self.byte()
        if code == _TEXT:
            return self.text()
        if code == _ARRAY:
            return self.sequence(depth + 1)
        if code == _OBJECT:
            return self.mapping(depth + 1)
        if code in _NUMBERS:
            return self.number(code)
        if code in _CONSTANTS:
            return _CONSTANTS[code]
        raise ValueError(f"expected a type marker at byte {self.at - 1}, got {code:#04x}")

    def number(self, code: int) -> Any:
        number = _NUMBERS[code]
        self.at += number.size
        return number.unpack_from(self.data, self.at - number.size)[0]

    def length(self) -> int:
        """A count of what follows, in bytes or in values of one byte at least: never more than what is left."""
        code = self.byte()
        size = self.number(code) if code in _NUMBERS else None
        if type(size) is not int or not 0 <= size <= len(self.data) - self.at:
            raise ValueError(f"expected a length within the file before byte {self.at}, got {size!r}")
        return size

    def text(self) -> str:
        size = self.length()
        start, self.at = self.at, self.at + size
        try:
            return self.data[start : self.at].decode()
        except UnicodeDecodeError:
            raise ValueError(f"expected UTF-8 from byte {start}, got {self.data[start : self.at][:40]!r}") from None

    def mapping(self, depth: int) -> dict[str, Any]:
        self._enter(depth)
        members: dict[str, Any] = {}
        while self.data[self.at] != _OBJECT_END:
            key = self.text()
            if key in members:
                raise ValueError(f"expected each member once, got {key!r} again at byte {self.at}")
            members[key] = self.value(depth)
        self.at += 1
        return members

    def sequence(self, depth: int) -> Any:
        self._enter(depth)
        code = self.data[self.at]
        if code == _TYPE:
            return self.typed_array()
        if code == _COUNT:
            self.at += 1
            return [self.value(depth) for _ in range(self.length())]
        items = []
        while self.data[self.at] != _ARRAY_END:
            items.append(self.value(depth))
        self.at += 1
        return items

    def typed_array(self) -> array[Any]:
        _, code, mark = self.byte(), self.byte(), self.byte()
        if code not in _ARRAYS or mark != _COUNT:
            raise ValueError(f"expected a numeric typed array with a count before byte {self.at}")
        count, items = self.length(), array(_ARRAYS[code])
        size = count * items.itemsize
        if size > len(self.data) - self.at:
            raise ValueError(f"expected {size} bytes at byte {self.at}, got {len(self.data) - self.at}")
        self.at += size
        items.frombytes(self.data[self.at - size : self.at])
        if sys.byteorder == "little":
            items.byteswap()
        return items

    def _enter(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise ValueError(f"expected at most {MAX_DEPTH} nested values, got more at byte {self.at}")
