"""CBOR, RFC 8949, as far as AWS's JSON services use it: no tags but those of times, which are left out.

The engine writes requests and reads plain answers itself; this is its reference, and what reads all other answers.
"""

from __future__ import annotations

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_NUMBER, _NEGATIVE, _BYTES, _TEXT, _ARRAY, _MAP, _TAG, _OTHER = range(8)
_INDEFINITE = 31
_TIME = 1  # the tag of seconds since 1970
_MOST_DEPTH = 32
_SIMPLE = {20: False, 21: True, 22: None, 23: None}
_FLOATS = {25: ">e", 26: ">f", 27: ">d"}
_BREAK = object()


def dumps(value: Any) -> bytes:
    """The shortest form of texts, bytes, lists, dictionaries with texts as keys, and whole numbers from 0 on."""
    match value:
        case str():
            text = value.encode()
            return _head(_TEXT, len(text)) + text
        case bytes():
            return _head(_BYTES, len(value)) + value
        case list():
            return _head(_ARRAY, len(value)) + b"".join(map(dumps, value))
        case dict():
            return _head(_MAP, len(value)) + b"".join(dumps(name) + dumps(member) for name, member in value.items())
        case int() if value >= 0:
            return _head(_NUMBER, value)
    raise TypeError(f"expected text, bytes, a list, a dictionary or a number, got {type(value).__name__}")


def loads(data: bytes) -> Any:
    """Raises ValueError for what is not one item of CBOR, whole, and at most 32 deep."""
    reader = _Reader(data)
    try:
        value = reader.item(0)
    except (IndexError, struct.error):
        raise ValueError("expected CBOR, got an end inside an item") from None
    if value is _BREAK or reader.at != len(data):
        raise ValueError("expected one item of CBOR, got more, or a break")
    return value


def _head(kind: int, number: int) -> bytes:
    if number < 24:
        return bytes([kind << 5 | number])
    width = next(width for width in range(4) if number < 1 << (8 << width))
    return bytes([kind << 5 | 24 + width]) + number.to_bytes(1 << width)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self.at = data, 0

    def item(self, depth: int) -> Any:
        if depth > _MOST_DEPTH:
            raise ValueError(f"expected CBOR at most {_MOST_DEPTH} deep")
        first = self._data[self.at]
        self.at += 1
        kind, low = first >> 5, first & 31
        if kind == _OTHER:
            return self._other(low)
        count = None if low == _INDEFINITE else self._number(low)
        if kind in (_BYTES, _TEXT):
            return self._string(kind, count, depth)
        if kind == _ARRAY:
            return list(self._items(count, depth))
        if kind == _MAP:
            return self._map(count, depth)
        if count is None:
            raise ValueError("expected CBOR, got a number without a size")
        if kind == _TAG:
            return self._time(count, depth)
        return count if kind == _NUMBER else -1 - count

    def _time(self, tag: int, depth: int) -> float:
        seconds: float = next(self._items(1, depth))
        if tag != _TIME or type(seconds) not in (int, float):
            raise ValueError("expected no tag of CBOR but that of a time in seconds")
        return seconds

    def _take(self, size: int) -> bytes:
        if size > len(self._data) - self.at:
            raise IndexError
        self.at += size
        return self._data[self.at - size : self.at]

    def _number(self, low: int) -> int:
        if low < 24:
            return low
        if low > 27:
            raise ValueError("expected CBOR, got a head that is reserved")
        return int.from_bytes(self._take(1 << (low - 24)))

    def _other(self, low: int) -> Any:
        if low == _INDEFINITE:
            return _BREAK
        if low in _FLOATS:
            (number,) = struct.unpack(_FLOATS[low], self._take(1 << (low - 24)))
            return number
        if low in _SIMPLE:
            return _SIMPLE[low]
        raise ValueError("expected CBOR, got a simple value that is not assigned")

    def _string(self, kind: int, size: int | None, depth: int) -> bytes | str:
        if size is not None:
            data = self._take(size)
            return data if kind == _BYTES else data.decode()
        parts = list(self._items(None, depth))
        expected: type[bytes] | type[str] = bytes if kind == _BYTES else str
        if not all(type(part) is expected for part in parts):
            raise ValueError("expected CBOR, got a string of parts of another type")
        return expected().join(parts)

    def _items(self, count: int | None, depth: int) -> Any:
        done = 0
        while done != count:
            value = self.item(depth + 1)
            if value is _BREAK:
                if count is None:
                    return
                raise ValueError("expected CBOR, got a break inside an array or map of known size")
            yield value
            done += 1

    def _map(self, count: int | None, depth: int) -> dict[str, Any]:
        items = list(self._items(None if count is None else 2 * count, depth))
        names = items[::2]
        if len(items) % 2 or not all(type(name) is str for name in names):
            raise ValueError("expected a map of CBOR with texts as names")
        return dict(zip(names, items[1::2], strict=True))
