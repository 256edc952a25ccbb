"""What a scorer's package contains in addition to Millrace's own code: the libraries of frameworks."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from millrace.errors import UserError
from millrace.packaging.archive import Budget
from millrace.paths import FUNCTIONS, ROOT
from predictors import FRAMEWORKS


class LibraryPart(NamedTuple):
    """A framework's library in a package.

    lock : what it is installed from, in addition to requirements/scorer.txt. files : taken of the wheels, as patterns.
    modules : of functions/, as a pattern: shipped with the library only. zipped, unzipped : its budget.
    shrunk : of the files those that become smaller (`elf`), as patterns.
    """

    lock: str
    files: tuple[str, ...]
    modules: str
    zipped: int
    unzipped: int
    shrunk: tuple[str, ...] = ()


LOCK = ROOT / "requirements" / "scorer.txt"
# libxgboost is 90 % of the default package, and ONNX Runtime twice as large: each has a part of the budget.
XGBOOST = LibraryPart(
    "", FRAMEWORKS["xgboost"].package_parts, "", 5_000_000, 17_500_000, FRAMEWORKS["xgboost"].package_parts[:1]
)
ONNX = LibraryPart("scorer-onnx", FRAMEWORKS["onnx"].package_parts, "predictors/onnx/[!_]*.py", 14_000_000, 36_000_000)
# Of Pillow the plugins of two formats with what they import, and the libraries that its one extension module is linked
# to: the loader asks for all of them, of which Millrace calls libjpeg alone.
PILLOW_MODULES = (
    "ExifTags", "GimpGradientFile", "GimpPaletteFile", "Image", "ImageChops", "ImageColor", "ImageFile", "ImageMode",
    "ImagePalette", "ImageSequence", "JpegImagePlugin", "JpegPresets", "PaletteFile", "PngImagePlugin", "TiffTags",
    "__init__", "_binary", "_deprecate", "_util", "_version",
)  # fmt: skip
PILLOW_LIBRARIES = ("libXau", "libjpeg", "liblzma", "libopenjp2", "libtiff", "libxcb", "libzstd")
_PILLOW_BINARIES = ("PIL/_imaging.*.so", *(f"pillow.libs/{name}-*.so*" for name in PILLOW_LIBRARIES))
IMAGES = LibraryPart(
    "scorer-images",
    (*(f"PIL/{name}.py" for name in PILLOW_MODULES), *_PILLOW_BINARIES),
    "images/*.py",
    2_300_000,
    8_000_000,
    _PILLOW_BINARIES,
)
# Data capture, the calibrator, prepared inputs and what hands over large files are in the scorer's package, too.
OWN = Budget(zipped=1_110_000, unzipped=2_000_000)


@dataclass(frozen=True, slots=True)
class Flavour:
    """Which libraries a package contains. The names of the tfvars' settings.

    xgboost : for models that the native engine does not cover. onnx : ONNX Runtime, for models of that framework.
    images : Pillow, for models whose input is an image; these are ONNX models.
    """

    xgboost: bool = True
    onnx: bool = False
    images: bool = False

    def __post_init__(self) -> None:
        if self.images and not self.onnx:
            raise UserError("images = true: expected onnx = true as well: models of images are ONNX models; set both")

    @property
    def suffix(self) -> str:
        """Of the package's name, as terraform/main.tf spells it."""
        named = ("-onnx" * self.onnx, "-images" * self.images, "-without-xgboost" * (not self.xgboost))
        return "".join(named)

    @property
    def parts(self) -> list[LibraryPart]:
        return [XGBOOST] * self.xgboost + [ONNX] * self.onnx + [IMAGES] * self.images

    @property
    def files(self) -> list[str]:
        """What is taken from wheels, as patterns."""
        return [pattern for part in self.parts for pattern in part.files]

    @property
    def shrunk(self) -> list[str]:
        """Those of `files` that become smaller, as patterns."""
        return [pattern for part in self.parts for pattern in part.shrunk]

    @property
    def budget(self) -> Budget:
        return Budget(
            OWN.zipped + sum(part.zipped for part in self.parts),
            OWN.unzipped + sum(part.unzipped for part in self.parts),
        )

    @property
    def locks(self) -> list[Path]:
        return [LOCK, *(LOCK.with_name(f"{part.lock}.txt") for part in self.parts if part.lock)]

    def kept(self, modules: Iterable[Path]) -> list[Path]:
        """The modules without those that are of no use without a library that is not in the package."""
        absent = [part.modules for part in (XGBOOST, ONNX, IMAGES) if part.modules and part not in self.parts]
        left_out = {path for pattern in absent for path in FUNCTIONS.glob(pattern)}
        return [path for path in modules if path not in left_out]


FLAVOURS = [
    Flavour(xgboost, onnx, images)
    for xgboost in (True, False)
    for onnx, images in ((False, False), (True, False), (True, True))
]
