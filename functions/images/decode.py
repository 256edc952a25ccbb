"""From a file to pixels of the model's size: decoded by Pillow, cropped, resized, turned upright.

Whoever wants to compute the same elsewhere needs Pillow and a few lines: docs/deep.md has them. All arithmetic of the
decoder and of the resizing is of integers, so that results are the same bits on every processor.
"""

from __future__ import annotations

import io
import zlib

# The plugins by name: `Image.open` would look for others.
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from PIL.PngImagePlugin import PngImageFile

from images import jpeg, png
from images.errors import ImageTooLarge, ImageUnreadable
from images.header import UPRIGHT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from images.header import ImageHeader
    from inputs.image import ImagePreparation

FORMATS = {jpeg.MAGIC: (jpeg.read, JpegImageFile), png.MAGIC: (png.read, PngImageFile)}
_FILTERS = {
    "nearest": Image.Resampling.NEAREST,
    "box": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SIDEWAYS = range(5, 9)
# A JPEG is decoded at a half, a quarter or an eighth of its size, where that leaves this many times the model's.
_SPARE = 2
_GREY_16 = ("I;16", "I;16B", "I")


def pixels(data: bytes, wanted: ImagePreparation) -> bytes:
    """The pixels as the model wants them: bytes, row by row, of a pixel red, green and blue; of grey one.

    Raises ImageUnreadable, ImageTooLarge.
    """
    header, opener = _read(data, wanted.max_pixels)
    turned = header.orientation in _SIDEWAYS
    size = (wanted.height, wanted.width) if turned else (wanted.width, wanted.height)
    try:
        image = opener(io.BytesIO(header.data))
        image.decodermaxblock = len(header.data)
        if isinstance(image, JpegImageFile):
            image.draft(None, _least(size, wanted.crop))
        upright = _upright(_resized(image, size, wanted), header.orientation)
    except MemoryError:
        raise ImageTooLarge("expected an image that fits into the function's memory") from None
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, zlib.error, Image.DecompressionBombError):
        # What Pillow raises may hold parts of the file.
        raise ImageUnreadable("expected a whole JPEG or PNG file, got one that cannot be decoded") from None
    return upright.tobytes()


def _read(data: bytes, most: int) -> tuple[ImageHeader, type[JpegImageFile | PngImageFile]]:
    found = next((reading for magic, reading in FORMATS.items() if data.startswith(magic)), None)
    if found is None:
        raise ImageUnreadable("expected a JPEG or PNG file, got bytes that begin otherwise")
    read, opener = found
    header = read(data)
    if not header.width or not header.height:
        raise ImageUnreadable("expected an image of at least one pixel")
    if header.width * header.height > most:
        raise ImageTooLarge(f"expected up to {most:,} pixels, got {header.width:,} × {header.height:,}")
    return header, opener


def _least(size: tuple[int, int], crop: float) -> tuple[int, int]:
    return int(_SPARE * size[0] / crop), int(_SPARE * size[1] / crop)


def _resized(image: Image.Image, size: tuple[int, int], wanted: ImagePreparation) -> Image.Image:
    if image.mode in _GREY_16:
        image.load()
        # The higher byte of each sample, as Pillow does with colours of 16 bits.
        image = Image.frombytes("L", image.size, image.convert("I;16").tobytes()[1::2])
    mode = "L" if wanted.color == "grey" else "RGB"
    if image.mode != mode:  # else it would be a copy, of 4 bytes a pixel
        image = image.convert(mode)
    return image.resize(size, _FILTERS[wanted.filter], box=box(image.size, size, wanted))


def box(found: tuple[int, int], size: tuple[int, int], wanted: ImagePreparation) -> tuple[int, int, int, int]:
    """What is resized: the middle part of the model's proportions, or the whole; left, top, right, bottom."""
    width, height = (side * wanted.crop for side in found)
    if wanted.fit == "crop":
        # The side that decides keeps its share to the pixel. Multiplied first: 57 / 224 * 224 is less than 57.
        if found[0] * size[1] <= found[1] * size[0]:
            height = width * size[1] / size[0]
        else:
            width = height * size[0] / size[1]
    width, height = max(1, int(width)), max(1, int(height))
    left, top = (found[0] - width) // 2, (found[1] - height) // 2
    return left, top, left + width, top + height


def _upright(image: Image.Image, orientation: int) -> Image.Image:
    return image if orientation == UPRIGHT else image.transpose(_TURNS[orientation])
