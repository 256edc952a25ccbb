"""The reader of PNG files: what it keeps, and what it refuses before a decoder sees it."""

import io
import zlib

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from images import png
from images.errors import ImageTooLarge, ImageUnreadable
from tests.fakes import pictures
from tests.fakes.pictures import chunk

WHOLE = pictures.written(pictures.picture(), "PNG")
DATA = chunk(b"IDAT", zlib.compress(b"\0\1\2\3"))


def test_the_pixels_are_those_of_the_whole_file_and_texts_are_left_out() -> None:
    notes = PngInfo()
    notes.add_text("note", "a secret " * 1_000, zip=True)
    data = pictures.written(pictures.picture(), "PNG", pnginfo=notes, icc_profile=b"colours" * 100)
    header = png.read(data + b"more behind the end")
    assert (header.width, header.height, header.orientation) == (96, 64, 1)
    assert b"zTXt" in data
    assert b"zTXt" not in header.data
    assert b"iCCP" not in header.data
    assert b"more" not in header.data
    assert Image.open(io.BytesIO(header.data)).tobytes() == pictures.picture().tobytes()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_is_read(orientation: int) -> None:
    assert png.read(pictures.oriented(orientation, format_="PNG")).orientation == orientation


def test_each_place_where_a_file_can_end_early_is_known() -> None:
    data = pictures.written(pictures.picture(8, 8), "PNG")
    for end in range(8, len(data)):
        with pytest.raises(ImageUnreadable, match="expected"):
            png.read(data[:end])


def test_a_damaged_byte_of_what_is_kept_shows_in_its_checksum() -> None:
    place = WHOLE.index(b"IDAT") + 20
    with pytest.raises(ImageUnreadable, match="checksum"):
        png.read(WHOLE[:place] + bytes([WHOLE[place] ^ 1]) + WHOLE[place + 1 :])


REFUSED = {
    "no header": (b"\x89PNG\r\n\x1a\n" + DATA, "header first"),
    "a header of another size": (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", bytes(12)), "header first"),
    "two headers": (pictures.png(1, 1, WHOLE[8:33], DATA), "critical chunks"),
    "an unknown critical chunk": (pictures.png(1, 1, chunk(b"ABCD", b""), DATA), "critical chunks"),
    "5 bits": (pictures.png(1, 1, DATA, depth=5), "colour types and bit depths"),
    "a colour type that is none": (pictures.png(1, 1, DATA, color=5), "colour types and bit depths"),
    "an animation": (pictures.png(1, 1, chunk(b"acTL", bytes(8)), DATA), "got an animation"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_decoded_is_refused(case: str) -> None:
    data, text = REFUSED[case]
    with pytest.raises(ImageUnreadable, match=text):
        png.read(data)


def test_chunks_without_number_are_refused() -> None:
    with pytest.raises(ImageTooLarge, match="up to 10,000 chunks"):
        png.read(pictures.png(1, 1, chunk(b"teXt", b"") * png.MOST_CHUNKS))
