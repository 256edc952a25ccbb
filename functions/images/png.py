"""The chunks of a PNG file: https://www.w3.org/TR/png-3/#5DataRep.

Only those that make the pixels are kept, and of these the checksums are checked. Transparency is left out.
"""

from __future__ import annotations

import zlib

from images.errors import ImageTooLarge, ImageUnreadable
from images.header import UPRIGHT, ImageHeader, orientation_of

MAGIC = b"\x89PNG\r\n\x1a\n"
# A file of 8 MiB has about a thousand.
MOST_CHUNKS = 10_000
_KEPT = (b"IHDR", b"PLTE", b"IDAT", b"IEND")
_HEADER_SIZE = 13
# Bits of a sample, by the colour type.
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}


def read(data: bytes) -> ImageHeader:
    """Raises ImageUnreadable, ImageTooLarge."""
    at, kept, orientation, size = len(MAGIC), [MAGIC], UPRIGHT, None
    for _ in range(MOST_CHUNKS):
        end, kind = _chunk(data, at)
        body = data[at + 8 : end - 4]
        if size is None:
            size = _size(kind, body)
        elif kind == b"IHDR" or kind[:1].isupper() > (kind in _KEPT):
            raise ImageUnreadable("expected a PNG file of the standard's critical chunks, in their order")
        if kind == b"acTL":
            raise ImageUnreadable("expected one image, got an animation")
        if kind == b"eXIf":
            orientation = orientation_of(body)
        if kind in _KEPT:
            if zlib.crc32(data[at + 4 : end - 4]) != int.from_bytes(data[end - 4 : end]):
                raise ImageUnreadable("expected a whole PNG file, got one with a wrong checksum")
            kept.append(data[at:end])
        at = end
        if kind == b"IEND":
            return ImageHeader(*size, orientation, b"".join(kept))
    raise ImageTooLarge(f"expected a PNG file of up to {MOST_CHUNKS:,} chunks")


def _chunk(data: bytes, at: int) -> tuple[int, bytes]:
    """Where a chunk ends, and its type."""
    end = at + 12 + int.from_bytes(data[at : at + 4])
    if at + 12 > len(data) or end > len(data):
        raise ImageUnreadable("expected a whole PNG file, got one that is cut short")
    return end, data[at + 4 : at + 8]


def _size(kind: bytes, header: bytes) -> tuple[int, int]:
    if kind != b"IHDR" or len(header) != _HEADER_SIZE:
        raise ImageUnreadable("expected a PNG file's header first")
    if header[8] not in _DEPTHS.get(header[9], ()):
        raise ImageUnreadable("expected a PNG file of one of the standard's colour types and bit depths")
    return int.from_bytes(header[:4]), int.from_bytes(header[4:8])
