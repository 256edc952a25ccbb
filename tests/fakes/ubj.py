"""The other way round: UBJSON from values, so that tests can damage a model with care."""

import struct
from array import array
from typing import Any

_TYPES = dict(zip("bBhiqfd", "iUIlLdD", strict=True))


def encode(value: Any) -> bytes:
    """UBJSON as XGBoost writes it; an `array.array` becomes a typed array."""
    match value:
        case None | True | False:
            return {None: b"Z", True: b"T", False: b"F"}[value]
        case int():
            return b"L" + struct.pack(">q", value)
        case float():
            return b"D" + struct.pack(">d", value)
        case str():
            return b"S" + _text(value)
        case array():
            items = struct.pack(f">{len(value)}{value.typecode}", *value)
            return b"[$" + _TYPES[value.typecode].encode() + b"#L" + struct.pack(">q", len(value)) + items
        case list():
            return b"[" + b"".join(map(encode, value)) + b"]"
        case dict():
            return b"{" + b"".join(_text(key) + encode(item) for key, item in value.items()) + b"}"
    raise TypeError(type(value))


def _text(value: str) -> bytes:
    raw = value.encode("utf-8", "surrogatepass")
    return b"L" + struct.pack(">q", len(raw)) + raw
