"""Pixels to the tensor that a network takes."""

from __future__ import annotations

from array import array

from PIL import Image

TYPE_CHECKING = False
if TYPE_CHECKING:
    from inputs.image import ImagePreparation


def tensor(pixels: bytes, wanted: ImagePreparation) -> bytes:
    """Float32 or bytes in the manifest's layout, in the machine's byte order, of what `decode.pixels` gives.

    A float32 is computed in double precision and rounded once.
    """
    channels, first = wanted.channels, wanted.layout == "nchw"
    planes = [pixels[channel::channels] for channel in range(channels)]
    if wanted.element == "uint8":
        return b"".join(planes) if first else pixels
    size = (wanted.width, wanted.height)
    floats = [_floats(plane, size, *numbers) for plane, *numbers in zip(planes, wanted.mean, wanted.scale, strict=True)]
    if first or channels == 1:
        return b"".join(floats)
    joined = array("f", bytes(4 * len(pixels)))
    for channel, plane in enumerate(floats):
        joined[channel::channels] = array("f", plane)
    return joined.tobytes()


def _floats(plane: bytes, size: tuple[int, int], mean: float, scale: float) -> bytes:
    """Pillow computes `byte * scale + offset` for each."""
    grey = Image.frombytes("L", size, plane).convert("F")
    return grey.point(lambda value: value * scale - mean * scale).tobytes()
