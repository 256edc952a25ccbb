"""From files to pixels: what Pillow alone gives for them, of every kind, and bounds on what a file may cost."""

import io
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps

from images import decode
from images.errors import ImageTooLarge, ImageUnreadable
from inputs.image import ImagePreparation
from millrace.paths import FUNCTIONS
from tests.fakes import image_models, pictures


def how(**members: Any) -> ImagePreparation:
    return image_models.preparation(**{"width": 32, "height": 32, "crop": 1.0} | members)


def pixels(data: bytes, **members: Any) -> bytes:
    return decode.pixels(data, how(**members))


def middle(image: Image.Image, side: int = 32, filter_: int = Image.Resampling.BICUBIC) -> bytes:
    """As docs/deep.md computes it."""
    width, height = image.size
    least = min(width, height)
    left, top = (width - least) // 2, (height - least) // 2
    return image.resize((side, side), filter_, box=(left, top, left + least, top + least)).tobytes()


PICTURE = pictures.picture()
KINDS: dict[str, tuple[Image.Image, str, dict[str, Any]]] = {
    "JPEG": (PICTURE, "JPEG", {}),
    "JPEG, progressive": (PICTURE, "JPEG", {"progressive": True}),
    "JPEG, grey": (PICTURE.convert("L"), "JPEG", {}),
    "JPEG, CMYK": (PICTURE.convert("CMYK"), "JPEG", {}),
    "JPEG with restarts": (PICTURE, "JPEG", {"restart_marker_blocks": 1}),
    "JPEG, 4:4:4": (PICTURE, "JPEG", {"subsampling": 0}),
    "PNG": (PICTURE, "PNG", {}),
    "PNG, grey": (PICTURE.convert("L"), "PNG", {}),
    "PNG, black and white": (PICTURE.convert("1"), "PNG", {}),
    "PNG with a palette": (PICTURE.quantize(16), "PNG", {}),
    "PNG with a transparent palette": (PICTURE.quantize(16), "PNG", {"transparency": 3}),
    "PNG with transparency": (PICTURE.convert("RGBA"), "PNG", {}),
    "PNG, grey with transparency": (PICTURE.convert("LA"), "PNG", {}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_file_gives_what_pillow_gives(kind: str) -> None:
    image, format_, options = KINDS[kind]
    data = pictures.written(image, format_, **options)
    opened = Image.open(io.BytesIO(data)).convert("RGB")
    assert pixels(data) == middle(opened)
    assert pixels(data, color="grey") == middle(Image.open(io.BytesIO(data)).convert("L"))


def test_of_16_bits_the_higher_byte_counts() -> None:
    grey = PICTURE.convert("L")
    deep = Image.frombytes("I;16", grey.size, b"".join(bytes((77, value)) for value in grey.tobytes()))
    data = pictures.written(deep, "PNG")
    assert data[24] == 16
    assert pixels(data, color="grey") == middle(grey)
    assert pixels(data) == middle(grey.convert("RGB"))


@pytest.mark.parametrize("filter_", ["nearest", "box", "bilinear", "bicubic", "lanczos"])
def test_each_filter_is_pillows(filter_: str) -> None:
    expected = middle(PICTURE, filter_=Image.Resampling[filter_.upper()])
    assert pixels(pictures.written(PICTURE, "PNG"), filter=filter_) == expected


def test_the_middle_is_kept_in_the_tensors_proportions_or_the_whole_is_stretched() -> None:
    data = pictures.written(PICTURE, "PNG")  # 96 × 64
    cubic = Image.Resampling.BICUBIC
    cropped = PICTURE.resize((40, 20), cubic, box=(0, 8, 96, 56)).tobytes()
    assert pixels(data, width=40, height=20) == cropped
    half = PICTURE.resize((32, 32), cubic, box=(32, 16, 64, 48)).tobytes()
    assert pixels(data, crop=0.5) == half
    assert pixels(data, fit="stretch") == PICTURE.resize((32, 32), cubic).tobytes()
    assert pixels(data, fit="stretch", crop=0.5) == PICTURE.resize((32, 32), cubic, box=(24, 16, 72, 48)).tobytes()


@pytest.mark.parametrize("crop", [1.0, 0.95, 0.9, 0.875, 0.5])
def test_of_every_size_the_middle_is_where_the_documents_say(crop: float) -> None:
    wanted = how(width=224, height=224, crop=crop)
    for least in range(2, 1_200):
        side = int(least * crop)
        left, top = (least + 41 - side) // 2, (least - side) // 2
        expected = (left, top, left + side, top + side)
        assert decode.box((least + 41, least), (224, 224), wanted) == expected, least
        assert decode.box((least, least + 41), (224, 224), wanted) == (top, left, top + side, left + side), least


@pytest.mark.parametrize("times", range(1, 200))
def test_what_has_the_tensors_proportions_is_kept_whole(times: int) -> None:
    found = (7 * times, 3 * times)
    assert decode.box(found, (224, 96), how(width=224, height=96)) == (0, 0, *found)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_", ["JPEG", "PNG"])
def test_a_picture_is_turned_upright(orientation: int, format_: str) -> None:
    """Resized before it is turned: what Pillow gives in the other order differs in the rounding only."""
    data = pictures.oriented(orientation, format_=format_)
    upright = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    wide = upright.width > upright.height
    size = {"width": 60, "height": 40} if wide else {"width": 40, "height": 60}
    expected = upright.resize((size["width"], size["height"]), Image.Resampling.BICUBIC).tobytes()
    found = pixels(data, **size)
    assert max(abs(one - other) for one, other in zip(found, expected, strict=True)) <= 2


def test_a_large_jpeg_is_decoded_at_a_part_of_its_size_as_pillow_does() -> None:
    image = pictures.picture(1_024, 768)
    data = pictures.written(image)
    opened = Image.open(io.BytesIO(data))
    opened.draft(None, (64, 64))
    assert opened.size == (128, 96)
    assert pixels(data) == middle(opened)


BAD = {
    "empty": b"",
    "a text": b"a text",
    "GIF": pictures.written(PICTURE.convert("P"), "GIF"),
    "BMP": pictures.written(PICTURE, "BMP"),
    "TIFF": pictures.written(PICTURE, "TIFF"),
    "WebP": b"RIFF\x20\0\0\0WEBPVP8 ",
    "JPEG 2000": b"\0\0\0\x0cjP  \r\n\x87\n",
    "PostScript": b"%!PS-Adobe-3.0 EPSF-3.0\n",
    "the beginning of a JPEG": b"\xff\xd8\xff",
    "the beginning of a PNG": b"\x89PNG\r\n\x1a\n",
    "a JPEG that is cut short": pictures.photograph()[:100_000],
    "a PNG without data": pictures.png(8, 8),
    "a PNG of too little data": pictures.png(8, 8, pictures.chunk(b"IDAT", b"x\x9c\x03\0\0\0\0\1")),
    "a PNG that is not compressed": pictures.png(8, 8, pictures.chunk(b"IDAT", b"not zlib at all")),
    "a PNG with a palette that is not there": pictures.png(8, 8, color=3),
    "no pixels": pictures.png(0, 8),
    "an animation": pictures.written(
        PICTURE, "PNG", save_all=True, append_images=[pictures.picture(96, 64).rotate(90)]
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_what_is_no_whole_image_is_refused(case: str) -> None:
    with pytest.raises(ImageUnreadable, match="expected"):
        pixels(BAD[case])


def test_more_pixels_than_declared_are_refused_before_they_are_decoded() -> None:
    bomb = pictures.bomb()
    assert len(bomb) < 80_000
    begun = time.process_time()
    with pytest.raises(ImageTooLarge, match="up to 1,000,000 pixels, got 5,000 × 5,000"):
        pixels(bomb, max_pixels=1_000_000)
    assert time.process_time() - begun < 0.5
    huge = pictures.png(2**31 - 1, 2**31 - 1, pictures.chunk(b"IDAT", b""))
    with pytest.raises(ImageTooLarge, match="2,147,483,647"):
        pixels(huge)


# In a process of its own: peak memory in kB over what it was before. Not ru_maxrss: its first value is its parent's.
_PEAK = """
import re, sys
sys.path.insert(0, sys.argv[1])
from images import decode
from inputs import image
how = image.read([{"name": "resized-pixels", "version": 1, "width": 224, "height": 224}])
peak = lambda: int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
before = peak()
decode.pixels(sys.stdin.buffer.read(), how)
print(peak() - before)
"""
LARGE = {
    "12 megapixels": (lambda: pictures.written(pictures.picture(4_000, 3_000)), 20),
    "12 megapixels, progressive": (lambda: pictures.written(pictures.picture(4_000, 3_000), progressive=True), 60),
    "a PNG of 25 megapixels": (pictures.bomb, 120),
}


@pytest.mark.parametrize("case", LARGE)
def test_a_large_file_takes_no_more_memory_than_its_pixels(case: str) -> None:
    made, most = LARGE[case]
    done = subprocess.run([sys.executable, "-c", _PEAK, str(FUNCTIONS)], input=made(), capture_output=True, check=True)
    assert int(done.stdout) / 1024 < most


def test_no_other_decoder_is_loaded() -> None:
    """Of Pillow the two plugins, and what they import: no registry of formats, no metadata, no numpy."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from images import decode; from inputs import image\n"
        "how = image.read([{'name': 'resized-pixels', 'version': 1, 'width': 8, 'height': 8}])\n"
        "decode.pixels(sys.stdin.buffer.read(), how)\n"
        "from PIL import Image\n"
        "print(*(name for name in sys.modules if name.endswith('Plugin')), 'numpy' in sys.modules, *Image.ID)"
    )
    for data in (pictures.oriented(6), pictures.oriented(6, format_="PNG")):
        done = subprocess.run([sys.executable, "-c", code, str(FUNCTIONS)], input=data, capture_output=True, check=True)
        assert done.stdout.decode().split() == ["PIL.JpegImagePlugin", "PIL.PngImagePlugin", "False", "JPEG", "PNG"]


def test_what_memory_does_not_hold_is_too_large(tmp_path: Path) -> None:
    """In a process of its own: what this one has freed would do for a picture."""
    code = (
        "import resource, sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path; from images import decode; from inputs import image\n"
        "how = image.read([{'name': 'resized-pixels', 'version': 1, 'width': 8, 'height': 8}])\n"
        "bomb = Path(sys.argv[2]).read_bytes()\n"
        "decode.pixels(sys.stdin.buffer.read(), how)\n"  # with all that is imported on first use
        "used = int(Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (used + 8_000_000, -1))\n"
        "try: decode.pixels(bomb, how)\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(pictures.bomb())
    done = subprocess.run(
        [sys.executable, "-c", code, str(FUNCTIONS), str(bomb)],
        input=pictures.oriented(6),
        capture_output=True,
        check=True,
    )
    assert done.stdout.decode().startswith("ImageTooLarge ")
    assert "the function's memory" in done.stdout.decode()
