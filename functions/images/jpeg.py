"""The segments of a JPEG file, up to its end: https://www.w3.org/Graphics/JPEG/itu-t81.pdf, annex B.

What cameras and programs put around the pixels is left out, and so is what follows the image: previews, other frames,
films. Refused is what takes more than its size: scans without number, each of which costs time for every pixel.
"""

from __future__ import annotations

import re

from images.errors import ImageTooLarge, ImageUnreadable
from images.header import UPRIGHT, ImageHeader, orientation_of

MAGIC = b"\xff\xd8\xff"
# Programs write up to about a dozen.
MOST_SCANS = 32
_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended, progressive; all of Huffman coding
_OTHER_FRAMES = frozenset({*range(0xC3, 0xD0), 0xDE}) - {0xC4, 0xC8, 0xCC}
_HUFFMAN_TABLES, _END, _SCAN, _QUANTISATION, _RESTART_INTERVAL = 0xC4, 0xD9, 0xDA, 0xDB, 0xDD
_APP0, _APP1, _APP14, _APP15, _COMMENT = 0xE0, 0xE1, 0xEE, 0xEF, 0xFE
# The application segments that say which colours the components are.
_COLOURS = {_APP0: b"JFIF\0", _APP14: b"Adobe"}
_EXIF = b"Exif\0\0"
_KEPT = (*_FRAMES, _SCAN, _HUFFMAN_TABLES, _QUANTISATION, _RESTART_INTERVAL)
# In a scan's data, what is neither a byte of it nor a restart.
_NEXT_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")


def read(data: bytes) -> ImageHeader:
    """Raises ImageUnreadable, ImageTooLarge."""
    return _Reader(data).read()


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 2
        self._kept = [data[:2]]
        self._size: tuple[int, int] | None = None
        self._orientation, self._scans = UPRIGHT, 0

    def read(self) -> ImageHeader:
        while (marker := self._marker()) != _END:
            self._segment(marker)
        if self._size is None or not self._scans:
            raise ImageUnreadable("expected a JPEG file with an image in it")
        self._kept.append(b"\xff\xd9")
        return ImageHeader(*self._size, self._orientation, b"".join(self._kept))

    def _marker(self) -> int:
        """The next marker; any number of bytes of 255 may come before it."""
        data, at = self._data, self._at
        if data[at : at + 1] != b"\xff":
            raise _cut_short() if at >= len(data) else ImageUnreadable("expected a JPEG file's next segment")
        while data[at : at + 1] == b"\xff":
            at += 1
        if at >= len(data):
            raise _cut_short()
        self._at = at + 1
        return data[at]

    def _segment(self, marker: int) -> None:
        if marker in _OTHER_FRAMES:
            raise ImageUnreadable("expected a JPEG file of Huffman coding, baseline or progressive")
        if marker not in _KEPT and marker != _COMMENT and not _APP0 <= marker <= _APP15:
            raise ImageUnreadable(f"expected segments of JPEG files, got the marker {marker:#x}")
        end = self._end_of_segment()
        body = self._data[self._at + 2 : end]
        if marker in _FRAMES:
            self._frame(body)
        elif marker == _SCAN:
            end = self._scan(end)
        elif marker == _APP1 and body.startswith(_EXIF):
            self._orientation = orientation_of(body[len(_EXIF) :])
        if marker in _KEPT or (marker in _COLOURS and body.startswith(_COLOURS[marker])):
            self._kept.append(bytes((0xFF, marker)) + self._data[self._at : end])
        self._at = end

    def _end_of_segment(self) -> int:
        size = int.from_bytes(self._data[self._at : self._at + 2])
        end = self._at + size
        if self._at + 2 > len(self._data) or end > len(self._data):
            raise _cut_short()
        if size < 2:
            raise ImageUnreadable("expected a JPEG file's segments of 2 bytes or more")
        return end

    def _frame(self, body: bytes) -> None:
        if self._size is not None:
            raise ImageUnreadable("expected a JPEG file with one frame")
        if len(body) < 6 or body[0] != 8 or body[5] not in (1, 3, 4):
            raise ImageUnreadable("expected a JPEG file of 8 bits, in grey, colour or CMYK")
        self._size = int.from_bytes(body[3:5]), int.from_bytes(body[1:3])

    def _scan(self, start: int) -> int:
        """Where a scan's data ends."""
        if self._size is None:
            raise ImageUnreadable("expected a JPEG file's frame before its first scan")
        self._scans += 1
        if self._scans > MOST_SCANS:
            raise ImageTooLarge(f"expected a JPEG file of up to {MOST_SCANS} scans")
        found = _NEXT_MARKER.search(self._data, start)
        if found is None:
            raise _cut_short()
        return found.start()


def _cut_short() -> ImageUnreadable:
    return ImageUnreadable("expected a whole JPEG file, got one that is cut short")
