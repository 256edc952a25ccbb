"""Inflates compressed records, up to a cap."""

from __future__ import annotations

import zlib

from records.faults import Code, Fault

_GZIP = 16 + zlib.MAX_WBITS
# Bytes that a decompressor gets at a time: what it leaves is copied for each member.
_PART = 16 * 1024
# Empty members cost time and give nothing. Tools that write many have 64 KB in each.
MOST_MEMBERS = 10_000


class InflatedTooLarge(Fault):
    """The content has more bytes than the cap."""

    def __init__(self, max_bytes: int) -> None:
        super().__init__(Code.INVALID_GZIP, "", f"expected gzip of at most {max_bytes} bytes, inflated, got more")


def gunzip(data: bytes, max_bytes: int) -> bytes:
    """The content of gzip data, of one member or several. Never holds more than `max_bytes` and one byte of it.

    Raises Fault (INVALID_GZIP), InflatedTooLarge.
    """
    parts, room, members = [], max_bytes + 1, 1
    inflater, given = zlib.decompressobj(_GZIP), data[:_PART]
    at = len(given)
    while True:
        try:
            part = inflater.decompress(given, room)
        except zlib.error:
            raise _damaged("data that cannot be inflated") from None
        parts.append(part)
        room -= len(part)
        if room <= 0:
            raise InflatedTooLarge(max_bytes)
        rest = inflater.unused_data
        if not rest:
            rest, at = data[at : at + _PART], at + _PART
        if inflater.eof:
            if not rest:
                return b"".join(parts)
            inflater, members = zlib.decompressobj(_GZIP), members + 1
            if members > MOST_MEMBERS:
                raise _damaged(f"more than {MOST_MEMBERS} members")
        elif not rest:
            raise _damaged("data that ends early")
        given = rest


def _damaged(found: str) -> Fault:
    return Fault(Code.INVALID_GZIP, "", f"expected gzip, got {found}")
