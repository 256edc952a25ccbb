"""Photographs: a JPEG or PNG file, as base64 in an event or as a record of its own → one tensor of pixels.

`images` decodes; it needs Pillow, which is in packages with images, and is imported when the first image comes.
"""

from __future__ import annotations

import binascii

from inputs import PreparationInvalid, PreparationUnavailable
from inputs.steps import Step
from records.faults import Code, Unfit
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from inputs.steps import Steps

NAME, VERSION = "resized-pixels", 1
RGB, GREY = COLORS = ("rgb", "grey")
CROP, STRETCH = FITS = ("crop", "stretch")
CHANNELS_FIRST, CHANNELS_LAST = LAYOUTS = ("nchw", "nhwc")
FILTERS = ("nearest", "box", "bilinear", "bicubic", "lanczos")
FLOAT32, UINT8 = ELEMENT_TYPES = ("float32", "uint8")
MAX_SIDE, MOST_PIXELS, MAX_BYTES = 1_024, 100_000_000, 8 << 20
DEFAULT_PIXELS = 25_000_000  # the photographs of most cameras
# Of the pixels' normalisation: beyond these no float32 is meant.
MAX_MEAN, MAX_SCALE = 255.0, 1e6


class ImagePreparation(Value):
    """See `inputs.preparation.Preparation`. width, height : of the tensor.

    fit : "crop": the middle, in the tensor's proportions; "stretch": the whole. crop : the share of its sides that is
    kept. mean, scale : a number of the tensor is (byte - mean) * scale, by channel; of uint8 it is the byte.
    max_bytes, max_pixels : of a file.
    """

    width: int
    height: int
    color: str
    fit: str
    crop: float
    filter: str
    layout: str
    element: str
    mean: tuple[float, ...]
    scale: tuple[float, ...]
    max_bytes: int
    max_pixels: int

    @property
    def name(self) -> str:
        return "image"

    @property
    def channels(self) -> int:
        return 3 if self.color == RGB else 1

    @property
    def shape(self) -> tuple[int, ...]:
        size = (self.height, self.width)
        return (self.channels, *size) if self.layout == CHANNELS_FIRST else (*size, self.channels)

    @property
    def rows_a_run(self) -> int:
        """Each by itself: a batch is no faster, and takes some 25 MB more for each."""
        return 1

    def prepare(self, value: Any) -> bytes:
        """The tensor of one image. Raises Unfit; PreparationUnavailable in a package without Pillow."""
        data = self._file(value)
        try:
            from images.decode import pixels
            from images.tensor import tensor
        except ImportError:
            raise PreparationUnavailable(
                "expected a package with Pillow, this one was built without: set images = true in the tfvars"
            ) from None
        from images.errors import ImageTooLarge, ImageUnreadable

        try:
            return tensor(pixels(data, self), self)
        except ImageUnreadable as error:
            raise Unfit(Code.INVALID_IMAGE, str(error)) from None
        except ImageTooLarge as error:
            raise Unfit(Code.INPUT_TOO_LARGE, str(error)) from None

    def alone(self, value: str) -> bytes:
        """Raises ValueError for a text that is no base64."""
        return binascii.a2b_base64(value.encode("ascii"), strict_mode=True)

    def written(self) -> list[dict[str, Any]]:
        members: dict[str, Any] = {name: getattr(self, name) for name in self.__match_args__}
        numbers = {name: list(members[name]) for name in ("mean", "scale")}
        return [{"name": NAME, "version": VERSION, **members, **numbers}]

    def schema(self) -> dict[str, Any]:
        return {
            "type": "string",
            "contentEncoding": "base64",
            "contentMediaType": "image/jpeg",
            "maxLength": -(-self.max_bytes // 3) * 4,
            "description": (
                f"A JPEG or PNG file in base64, of up to {self.max_bytes} bytes and {self.max_pixels} pixels."
            ),
        }

    def _file(self, value: Any) -> bytes:
        if type(value) is str:
            if len(value) > -(-self.max_bytes // 3) * 4:
                raise self._too_large(len(value) // 4 * 3)
            try:
                value = binascii.a2b_base64(value.encode("ascii"), strict_mode=True)
            except ValueError:  # binascii.Error, and what is not ASCII
                raise Unfit(Code.INVALID_BASE64, "expected an image in base64") from None
        elif value is None:
            raise Unfit(Code.MISSING_FEATURE, "expected an image")
        elif type(value) is not bytes:
            raise Unfit(Code.WRONG_TYPE, "expected an image in base64, as a text")
        if len(value) > self.max_bytes:
            raise self._too_large(len(value))
        data: bytes = value
        return data

    def _too_large(self, size: int) -> Unfit:
        return Unfit(Code.INPUT_TOO_LARGE, f"expected an image of up to {self.max_bytes:,} bytes, got {size:,}")


def read(steps: Steps) -> ImagePreparation:
    """Raises PreparationInvalid."""
    step = Step(steps, NAME, VERSION)
    color = step.one_of("color", COLORS, RGB)
    channels = 3 if color == RGB else 1
    found = ImagePreparation(
        width=step.integer("width", 1, MAX_SIDE),
        height=step.integer("height", 1, MAX_SIDE),
        color=color,
        fit=step.one_of("fit", FITS, CROP),
        crop=step.number("crop", 0.1, 1.0, 1.0),
        filter=step.one_of("filter", FILTERS, "bicubic"),
        layout=step.one_of("layout", LAYOUTS, CHANNELS_FIRST),
        element=step.one_of("element", ELEMENT_TYPES, FLOAT32),
        mean=step.numbers("mean", channels, -MAX_MEAN, MAX_MEAN, 0.0),
        scale=step.numbers("scale", channels, -MAX_SCALE, MAX_SCALE, 1.0),
        max_bytes=step.integer("max_bytes", 1, MAX_BYTES, MAX_BYTES),
        max_pixels=step.integer("max_pixels", 1, MOST_PIXELS, DEFAULT_PIXELS),
    )
    step.end()
    unchanged = (*[0.0] * channels, *[1.0] * channels)
    if found.element == UINT8 and found.mean + found.scale != unchanged:
        raise PreparationInvalid("mean, scale: expected 0 and 1 for uint8: its numbers are the bytes")
    return found
