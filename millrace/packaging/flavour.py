"""What a scorer's package contains in addition to Millrace's own code: the libraries of frameworks."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from millrace.packaging.archive import Budget
from millrace.paths import FUNCTIONS, ROOT
from predictors import FRAMEWORKS


class LibraryPart(NamedTuple):
    """A framework's library in a package.

    lock : what it is installed from, in addition to requirements/scorer.txt. files : taken of the wheels, as patterns.
    modules : of functions/predictors, as a pattern: shipped with the library only. zipped, unzipped : its budget.
    """

    lock: str
    files: tuple[str, ...]
    modules: str
    zipped: int
    unzipped: int


LOCK = ROOT / "requirements" / "scorer.txt"
# libxgboost is 90 % of the default package, and ONNX Runtime twice as large: each has a part of the budget.
XGBOOST = LibraryPart("", FRAMEWORKS["xgboost"].package_parts, "", 5_000_000, 17_500_000)
ONNX = LibraryPart("scorer-onnx", FRAMEWORKS["onnx"].package_parts, "onnx/[!_]*.py", 14_000_000, 36_000_000)
# Data capture, the calibrator and inputs that are prepared are in the scorer's package, too.
OWN = Budget(zipped=1_130_000, unzipped=2_150_000)


@dataclass(frozen=True, slots=True)
class Flavour:
    """Which libraries a package contains. The names of the tfvars' settings.

    xgboost : for models that the native engine does not cover. onnx : ONNX Runtime, for models of that framework.
    """

    xgboost: bool = True
    onnx: bool = False

    @property
    def suffix(self) -> str:
        """Of the package's name, as terraform/main.tf spells it."""
        return f"{'-onnx' if self.onnx else ''}{'' if self.xgboost else '-without-xgboost'}"

    @property
    def parts(self) -> list[LibraryPart]:
        return [XGBOOST] * self.xgboost + [ONNX] * self.onnx

    @property
    def files(self) -> list[str]:
        """What is taken from wheels, as patterns."""
        return [pattern for part in self.parts for pattern in part.files]

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
        absent = [part.modules for part in (XGBOOST, ONNX) if part.modules and part not in self.parts]
        left_out = {path for pattern in absent for path in (FUNCTIONS / "predictors").glob(pattern)}
        return [path for path in modules if path not in left_out]
