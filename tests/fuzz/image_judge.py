"""Decodes damaged images, a line each: `python -m tests.fuzz.image_judge FIRST COUNT`. In a process that may crash.

A line has the seed, the verdict, and milliseconds of CPU time. Memory is limited as in a function of 512 MB.
"""

import random
import resource
import sys
import time
from functools import cache

from inputs.image import ImagePreparation
from records.faults import Unfit
from tests.fakes import image_models, pictures

MEMORY = 512 * 1024 * 1024


@cache
def whole() -> list[bytes]:
    """Files of every kind."""
    picture = pictures.picture(160, 120)
    return [
        pictures.written(picture),
        pictures.written(picture, progressive=True),
        pictures.written(picture.convert("CMYK")),
        pictures.written(picture.convert("L"), restart_marker_blocks=2),
        pictures.oriented(6, picture),
        pictures.written(picture, "PNG"),
        pictures.written(picture.quantize(32), "PNG", transparency=3),
        pictures.written(picture.quantize(8), "PNG", bits=4),
        pictures.written(picture.convert("RGBA"), "PNG"),
        pictures.written(picture.convert("1"), "PNG"),
    ]


def damaged(seed: int) -> bytes:
    """A file of which bytes, bits or parts were changed, moved, repeated or cut; of PNG also with right checksums."""
    dice = random.Random(seed)
    data = bytearray(whole()[seed % len(whole())])
    for _ in range(dice.choice((1, 1, 2, 4, 16, 64))):
        if len(data) < 16:
            break
        at, size = dice.randrange(len(data)), dice.randrange(1, 64)
        match dice.randrange(7):
            case 0:
                data[at] ^= 1 << dice.randrange(8)
            case 1:
                data[at] = dice.choice((0, 1, 127, 128, 254, 255))
            case 2:
                del data[at : at + size]
            case 3:
                data[at:at] = dice.randbytes(size)
            case 4:
                data[at:at] = data[at : at + size] * dice.randrange(1, 8)
            case 5:
                data[at : at + size] = data[dice.randrange(len(data)) :][:size]
            case _:
                del data[max(8, at) :]
    return mended(bytes(data)) if dice.random() < 0.7 else bytes(data)


def mended(data: bytes) -> bytes:
    """A PNG file whose chunks have the checksums of what is in them: damage that gets past these."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n"):
        return data
    at, kept = 8, [data[:8]]
    while at + 12 <= len(data) and (size := int.from_bytes(data[at : at + 4])) <= len(data) - at - 12:
        kept.append(pictures.chunk(data[at + 4 : at + 8], data[at + 8 : at + 8 + size]))
        at += 12 + size
    return b"".join([*kept, data[at:]])


def verdict(how: ImagePreparation, data: bytes) -> str:
    try:
        size = len(how.prepare(data))
    except Unfit as unfit:
        return str(unfit.code)
    return "decoded" if size == how.width * how.height * how.channels * 4 else f"{size} bytes"


def main(first: int, count: int) -> None:
    how = image_models.preparation()
    whole()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for seed in range(first, first + count):
        data, begun = damaged(seed), time.process_time()
        found = verdict(how, data)
        print(seed, found, round((time.process_time() - begun) * 1000), flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
