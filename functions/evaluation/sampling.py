"""Samples the rows of each batch for drift, so that the cost does not depend on the size of the batch.

**Which rows.** One row of every `stride` rows, where the stride is the smallest power of two that leaves at most MOST
rows. Its place among its `stride` rows is drawn at random, for each part independently (stratified sampling: Cochran
1977, Sampling techniques, 5). So every row is picked with the same probability, whatever was picked before: no order of
rows, and no cycle of batch sizes, can favour some of them, and a share is at most as uncertain as of rows drawn at
random from the whole. A sequence of fixed places (the golden ratio) has cycles of batch sizes with
which it stays at nearly the same places for hundreds of batches. The seed is the container's name: containers that end
after a few batches pick different rows.

**Their weight.** All rows of a small batch are counted, but few of a large one: added up without weights, quiet hours
would have too much influence. Therefore each stride has its own counts, and a row of stride 32 has weight 32. Rows of
different weights contain less information than rows of equal weight: as much as (Σ w)² / Σ w² of them (Kish 1965,
Survey sampling, 11.7). The drift tests use that number of rows.
"""

from __future__ import annotations

from random import Random

from evaluation.drift import Window
from model_store.errors import DocumentInvalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

    from model_store.documents import Document
    from model_store.manifest import Manifest

MOST = 200  # rows of a batch
# The largest stride: enough for 26 million rows a batch.
MOST_STRIDE = 1 << 17


def stride_of(rows: int) -> int:
    """The smallest power of two that leaves at most MOST of the rows."""
    return min(MOST_STRIDE, 1 << (max(0, rows - 1) // MOST).bit_length())


class Picks:
    """Picks rows of consecutive batches. seed : the choice depends on it, and on the number of rows before."""

    def __init__(self, seed: str) -> None:
        self._random = Random(seed).random

    def of(self, rows: int, stride: int) -> list[int]:
        """One row of every `stride` rows; of a shorter last part, one or none, in proportion to its size."""
        if stride == 1:
            return list(range(rows))
        random = self._random
        return [row for first in range(0, rows, stride) if (row := first + int(random() * stride)) < rows]


class Sample:
    """Counts of picked rows of one model version, by stride; bounded, mergeable in any order to the same bytes."""

    def __init__(self, manifest: Manifest) -> None:
        """Raises DocumentInvalid if the baseline is absent, or does not match the manifest's features."""
        self._empty = Window(manifest)
        self._strides: dict[int, Window] = {}

    def fresh(self) -> Self:
        """An empty sample of the same model."""
        fresh = type(self).__new__(type(self))
        fresh._empty, fresh._strides = self._empty, {}
        return fresh

    @property
    def rows(self) -> int:
        """The number of counted rows."""
        return sum(window.rows for window in self._strides.values())

    def add(self, stride: int, matrix: bytes | bytearray, scores: bytes | bytearray) -> None:
        """Count rows that were picked with a stride; see `Window.add`. Raises ValueRefused."""
        self._window(stride).add(matrix, scores)

    def merge(self, other: Self) -> None:
        """Add the other's counts, without changing it. Raises NotMergeable."""
        for stride, window in other._strides.items():
            self._window(stride).merge(window)

    def window(self) -> Window:
        """The weighted distribution of all rows, scaled to the effective number of rows."""
        weight = sum(stride * window.rows for stride, window in self._strides.items())
        squares = sum(stride**2 * window.rows for stride, window in self._strides.items())
        whole = self._empty.fresh()
        for place, histogram in enumerate(whole.histograms()):
            parts = [(stride, window.histograms()[place]) for stride, window in self._strides.items()]
            if parts:
                columns = zip(*([stride * count for count in part.counts] for stride, part in parts), strict=True)
                histogram.counts = [_rounded(sum(column) * weight, squares) for column in columns]
                histogram.missing = _rounded(sum(stride * part.missing for stride, part in parts) * weight, squares)
        return whole

    def _window(self, stride: int) -> Window:
        if stride not in self._strides:
            self._strides[stride] = self._empty.fresh()
        return self._strides[stride]

    def to_json(self) -> dict[str, Any]:
        return {str(stride): window.to_json() for stride, window in sorted(self._strides.items())}

    @classmethod
    def read(cls, manifest: Manifest, document: Document) -> Self:
        """Read the JSON of `to_json` of the same model version. Raises DocumentInvalid and NotMergeable."""
        sample = cls(manifest)
        for name in document.members:
            sample._strides[_stride(name, document.path)] = Window.read(manifest, document.child(name))
        return sample


def _stride(name: str, path: str) -> int:
    stride = int(name) if name.isascii() and name.isdecimal() and len(name) < 10 else 0
    if not (1 <= stride <= MOST_STRIDE and stride.bit_count() == 1 and name == str(stride)):
        raise DocumentInvalid(f"{path}: expected strides, powers of two up to {MOST_STRIDE}, got {name!r:.20}")
    return stride


def _rounded(numerator: int, denominator: int) -> int:
    """The nearest whole number, by integer arithmetic, so that it is the same on every machine."""
    return (2 * numerator + denominator) // (2 * denominator) if denominator else 0
