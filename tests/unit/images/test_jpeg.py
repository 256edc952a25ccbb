"""The reader of JPEG files: what it keeps, and what it refuses before a decoder sees it."""

import io

import pytest
from PIL import Image

from images import jpeg
from images.errors import ImageTooLarge, ImageUnreadable
from tests.fakes import pictures


def segments(data: bytes) -> set[int]:
    """The markers of a file."""
    return {data[at + 1] for at in range(len(data) - 1) if data[at] == 0xFF and data[at + 1] not in (0, 0xFF)}


@pytest.mark.parametrize("progressive", [False, True])
def test_the_pixels_are_those_of_the_whole_file(progressive: bool) -> None:
    data = pictures.written(pictures.picture(), progressive=progressive, quality=80)
    header = jpeg.read(data)
    assert (header.width, header.height, header.orientation) == (96, 64, 1)
    kept, whole = (Image.open(io.BytesIO(each)).tobytes() for each in (header.data, data))
    assert kept == whole


def test_metadata_and_what_follows_the_image_are_left_out() -> None:
    exif = Image.Exif()
    exif[0x010E] = "a secret of the camera"
    data = pictures.written(pictures.picture(), exif=exif, comment=b"a comment", icc_profile=b"colours" * 100)
    header = jpeg.read(data + b"\xff\xd8\xff a second frame, a film")
    for part in (b"secret", b"comment", b"colours", b"film"):
        assert part not in header.data
    assert {0xE1, 0xE2, 0xFE} & segments(data) == {0xE1, 0xE2, 0xFE}
    assert {0xE1, 0xE2, 0xFE} & segments(header.data) == set()
    assert Image.open(io.BytesIO(header.data)).tobytes() == Image.open(io.BytesIO(data)).tobytes()


def test_what_says_which_colours_the_components_are_is_kept() -> None:
    """CMYK is written inverted, with a segment of Adobe's."""
    data = pictures.written(pictures.picture().convert("CMYK"))
    header = jpeg.read(data)
    kept, whole = (Image.open(io.BytesIO(each)).convert("RGB").tobytes() for each in (header.data, data))
    assert kept == whole


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_is_read(orientation: int) -> None:
    assert jpeg.read(pictures.oriented(orientation)).orientation == orientation


def with_exif(body: bytes) -> bytes:
    data = pictures.written(pictures.picture())
    return data[:2] + b"\xff\xe1" + (len(body) + 8).to_bytes(2) + b"Exif\0\0" + body + data[2:]


MOTOROLA = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
EXIF = {
    "big-endian": (MOTOROLA, 6),
    "no TIFF": (b"XX" + MOTOROLA[2:], 1),
    "no such orientation": (MOTOROLA.replace(b"\0\x06", b"\0\x09"), 1),
    "another type": (MOTOROLA.replace(b"\x01\x12\0\x03", b"\x01\x12\0\x04"), 1),
    "a directory beyond the end": (b"MM\0*\xff\xff\xff\xff", 1),
    "cut short": (MOTOROLA[:14], 1),
    "65,535 entries": (b"MM\0*\0\0\0\x08\xff\xff" + bytes(1_000), 1),
    "empty": (b"", 1),
}


@pytest.mark.parametrize("case", EXIF)
def test_damaged_metadata_is_no_reason_to_refuse_the_image(case: str) -> None:
    body, orientation = EXIF[case]
    assert jpeg.read(with_exif(body)).orientation == orientation


def test_each_place_where_a_file_can_end_early_is_known() -> None:
    data = pictures.written(pictures.picture(24, 16), progressive=True)
    for end in range(3, len(data)):
        with pytest.raises(ImageUnreadable, match="expected"):
            jpeg.read(data[:end])


WHOLE = pictures.written(pictures.picture())
FRAME = WHOLE.index(b"\xff\xc0")
SCAN = WHOLE.index(b"\xff\xda")
REFUSED = {
    "lossless": (WHOLE[:FRAME] + b"\xff\xc3" + WHOLE[FRAME + 2 :], "Huffman coding"),
    "arithmetic coding": (WHOLE[:FRAME] + b"\xff\xc9" + WHOLE[FRAME + 2 :], "Huffman coding"),
    "12 bits": (WHOLE[: FRAME + 4] + b"\x0c" + WHOLE[FRAME + 5 :], "8 bits"),
    "two components": (WHOLE[: FRAME + 9] + b"\x02" + WHOLE[FRAME + 10 :], "8 bits"),
    "two frames": (WHOLE[:SCAN] + WHOLE[FRAME:], "one frame"),
    "a scan before its frame": (WHOLE[:2] + WHOLE[SCAN:], "frame before"),
    "no image": (b"\xff\xd8\xff\xd9", "with an image"),
    "a frame alone": (WHOLE[:SCAN] + b"\xff\xd9", "with an image"),
    "no marker": (WHOLE[:FRAME] + b"\0" + WHOLE[FRAME:], "next segment"),
    "a marker of no segment": (WHOLE[:FRAME] + b"\xff\xd0" + WHOLE[FRAME:], "marker 0xd0"),
    "a segment of one byte": (WHOLE[:FRAME] + b"\xff\xe5\0\1" + WHOLE[FRAME:], "2 bytes or more"),
    "lines that are numbered later": (WHOLE[:SCAN] + b"\xff\xdc\0\4\0\1" + WHOLE[SCAN:], "marker 0xdc"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_decoded_is_refused(case: str) -> None:
    data, text = REFUSED[case]
    with pytest.raises(ImageUnreadable, match=text):
        jpeg.read(data)


def test_scans_without_number_are_refused() -> None:
    known = jpeg.read(pictures.of_many_scans(1))
    assert known.width == 96
    with pytest.raises(ImageTooLarge, match="up to 32 scans"):
        jpeg.read(pictures.of_many_scans(jpeg.MOST_SCANS))


def test_a_run_of_fill_bytes_takes_no_time() -> None:
    """It is read once, not once from each of its places."""
    with pytest.raises(ImageUnreadable):
        jpeg.read(WHOLE[: SCAN + 20] + b"\xff" * 4_000_000 + b"\0")
