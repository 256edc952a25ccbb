"""Image files: photographs of packages, and pictures that Pillow writes in every kind that its formats have."""

import io
import struct
import zlib
from functools import cache
from importlib import resources
from typing import Any

from PIL import Image

NAMES = ("china.jpg", "flower.jpg")  # 640 × 427


@cache
def photograph(name: str = "china.jpg") -> bytes:
    """A photograph of scikit-learn."""
    return resources.files("sklearn.datasets.images").joinpath(name).read_bytes()


@cache
def picture(width: int = 96, height: int = 64) -> Image.Image:
    """A part of a photograph, of that size."""
    return Image.open(io.BytesIO(photograph())).resize((width, height))


def written(image: Image.Image, format_: str = "JPEG", **options: Any) -> bytes:
    target = io.BytesIO()
    image.save(target, format_, **options)
    return target.getvalue()


def oriented(orientation: int, image: Image.Image | None = None, format_: str = "JPEG") -> bytes:
    """A picture whose metadata says how it is to be turned."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    return written(image or picture(), format_, exif=exif)


def chunk(kind: bytes, body: bytes) -> bytes:
    """Of a PNG file, with its checksum."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width: int, height: int, *chunks: bytes, depth: int = 8, color: int = 2) -> bytes:
    """A PNG file of a header, and chunks."""
    header = struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunks) + chunk(b"IEND", b"")


@cache
def bomb(side: int = 5_000) -> bytes:
    """A small PNG file that is large when it is decoded: black, `side` × `side` pixels."""
    return png(side, side, chunk(b"IDAT", zlib.compress(bytes(side * (1 + side * 3)), 9)))


def of_many_scans(count: int) -> bytes:
    """A progressive JPEG, whose last scan comes again and again: each is work for every pixel."""
    data = written(picture(), progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * count + data[-2:]
