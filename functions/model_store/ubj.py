"""Decoder for the UBJSON that XGBoost writes (Universal Binary JSON, draft 12: big-endian, typed arrays).

XGBoost's own reader trusts its input; this one bounds every length by what is left, so that a damaged file
ends in a ValueError and never in the native loader.
"""

import struct
import sys
from array import array
from typing import Any

MAX_DEPTH = 32

_NUMBERS = {code: struct.Struct(f">{fmt}") for code, fmt in zip(b"iUIlLdD", "bBhiqfd", strict=True)}
_ARRAYS = dict(zip(b"iUIlLdD", "bBhiqfd", strict=True))
_CONSTANTS = {ord("T"): True, ord("F"): False, ord("Z"): None}


def decode(data: bytes) -> Any:
    """The one value in `data`; a typed array becomes an `array.array`. Raises ValueError where it is damaged."""
    reader = _Reader(data)
    value = reader.value(reader.byte(), 0)
    if reader.at != len(data):
        raise ValueError(f"expected the end at byte {reader.at}, got {len(data) - reader.at} bytes more")
    return value


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, size: int) -> bytes:
        if size < 0 or size > len(self.data) - self.at:
            raise ValueError(f"expected {size} bytes at byte {self.at}, got {len(self.data) - self.at}")
        self.at += size
        return self.data[self.at - size : self.at]

    def byte(self) -> int:
        return self.take(1)[0]

    def value(self, code: int, depth: int) -> Any:
        if number := _NUMBERS.get(code):
            return number.unpack(self.take(number.size))[0]
        if code == ord("S"):
            return self.text()
        if code == ord("{"):
            return self.mapping(depth + 1)
        if code == ord("["):
            return self.sequence(depth + 1)
        if code in _CONSTANTS:
            return _CONSTANTS[code]
        raise ValueError(f"expected a type marker at byte {self.at - 1}, got {code:#04x}")

    def length(self) -> int:
        size = self.value(self.byte(), MAX_DEPTH)
        if type(size) is not int or not 0 <= size <= len(self.data) - self.at:
            raise ValueError(f"expected a length within the file before byte {self.at}, got {size!r}")
        return size

    def text(self) -> str:
        return self.take(self.length()).decode("utf-8")

    def mapping(self, depth: int) -> dict[str, Any]:
        self._enter(depth)
        members: dict[str, Any] = {}
        while self.data[self.at : self.at + 1] != b"}":
            key = self.text()
            if key in members:
                raise ValueError(f"expected each member once, got {key!r} again at byte {self.at}")
            members[key] = self.value(self.byte(), depth)
        self.at += 1
        return members

    def sequence(self, depth: int) -> Any:
        self._enter(depth)
        code = self.byte()
        if code == ord("$"):
            return self.typed_array()
        if code == ord("#"):
            return [self.value(self.byte(), depth) for _ in range(self.length())]
        items = []
        while code != ord("]"):
            items.append(self.value(code, depth))
            code = self.byte()
        return items

    def typed_array(self) -> array[Any]:
        code, mark = self.byte(), self.byte()
        if code not in _ARRAYS or mark != ord("#"):
            raise ValueError(f"expected a numeric typed array with a count before byte {self.at}")
        count, items = self.length(), array(_ARRAYS[code])
        items.frombytes(self.take(count * _NUMBERS[code].size))
        if sys.byteorder == "little":
            items.byteswap()
        return items

    def _enter(self, depth: int) -> None:
        if depth > MAX_DEPTH:
            raise ValueError(f"expected at most {MAX_DEPTH} nested values, got more at byte {self.at}")
