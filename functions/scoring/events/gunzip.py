"""Inflates compressed records, up to a cap."""

from __future__ import annotations

import zlib

from records.faults import Code, Fault

_GZIP = 16 + zlib.MAX_WBITS


def gunzip(data: bytes, max_bytes: int) -> bytes:
    """The content of gzip data, of one member or several. Never holds more than `max_bytes` and one byte of it.

    Raises Fault (INVALID_GZIP).
    """
    parts, room = [], max_bytes + 1
    while True:
        inflater = zlib.decompressobj(_GZIP)
        try:
            part = inflater.decompress(data, room)
        except zlib.error:
            raise _damaged("gzip", "data that cannot be inflated") from None
        parts.append(part)
        room -= len(part)
        if room <= 0:
            raise _damaged(f"gzip of at most {max_bytes} bytes, inflated", "more")
        if not inflater.eof:
            raise _damaged("gzip", "data that ends early")
        data = inflater.unused_data
        if not data:
            return b"".join(parts)


def _damaged(expected: str, found: str) -> Fault:
    return Fault(Code.INVALID_GZIP, "", f"expected {expected}, got {found}")
