"""What is known of an image file before it is decoded."""

from __future__ import annotations

from records.values import Value

UPRIGHT = 1
ORIENTATIONS = range(1, 9)


class ImageHeader(Value):
    """width, height : of the file, before it is turned. orientation : as Exif numbers it, 1 to 8; 1 is upright.

    data : the file without what is no part of the pixels.
    """

    width: int
    height: int
    orientation: int
    data: bytes


def orientation_of(exif: bytes) -> int:
    """The orientation in Exif data (a TIFF header and its first directory); upright where that cannot be read.

    https://www.cipa.jp/std/documents/e/DC-X008-Translation-2019-E.pdf, 4.6.2 and 4.6.4: a camera's metadata is often
    damaged by other programs, and no reason to refuse the image.
    """
    order = {b"II*\0": "little", b"MM\0*": "big"}.get(exif[:4])
    if order is None:
        return UPRIGHT

    def number(at: int, size: int) -> int:
        return int.from_bytes(exif[at : at + size], order)  # type: ignore[arg-type]

    directory = number(4, 4)
    for entry in range(min(number(directory, 2), _MOST_ENTRIES)):
        at = directory + 2 + 12 * entry
        if (number(at, 2), number(at + 2, 2), number(at + 4, 4)) == (_TAG, _SHORT, 1):
            found = number(at + 8, 2)
            return found if found in ORIENTATIONS else UPRIGHT
    return UPRIGHT


_TAG, _SHORT = 0x0112, 3
_MOST_ENTRIES = 200
