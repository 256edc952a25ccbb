"""Drift is counted on some rows of each batch, so that it costs the same however many there are.

**Which rows.** Of a batch one row of every `stride`, 1, 2, 4 and so on: as many as leave at most MOST. Its place among
those `stride` rows moves on by the golden ratio from one to the next. So it comes to every place equally often
(Weyl 1916), and nothing that is periodic in a stream, be it ten producers in turn or batches of always the same size,
is met in one phase only. It may take hundreds of batches until each phase had its share, where the sizes of batches
come in a cycle of their own.

**What they stand for.** Rows of a large batch are counted seldom, those of a small one all: added up as they are, quiet
hours would count for more than they are. So counts are kept apart by stride, and a row of stride 32 stands for 32.
Rows of different weight tell less than as many rows of one weight: as much as (Σ w)² / Σ w² of them (Kish 1965, Survey
sampling, 11.7), and that many rows are what the tests of drift are given.
"""

from __future__ import annotations

from math import sqrt

from evaluation.drift import Window
from model_store.errors import DocumentInvalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

    from model_store.documents import Document
    from model_store.manifest import Manifest

MOST = 200  # rows of a batch
# Strides are powers of two up to this one, so that there are few of them: enough for 26 million rows a batch.
MOST_STRIDE = 1 << 17
GOLDEN = (sqrt(5) - 1) / 2


def stride_of(rows: int) -> int:
    """The least power of two that leaves at most MOST of so many rows."""
    return min(MOST_STRIDE, 1 << (max(0, rows - 1) // MOST).bit_length())


class Picks:
    """Picks rows, batch after batch; which ones depends on nothing but how many there were before."""

    def __init__(self) -> None:
        self._phase = 0.0

    def of(self, rows: int, stride: int) -> list[int]:
        """One row of every `stride`; of a last part that is shorter one or none, as its size asks for."""
        if stride == 1:
            return list(range(rows))
        return [row for first in range(0, rows, stride) if (row := first + self._place(stride)) < rows]

    def _place(self, stride: int) -> int:
        self._phase = (self._phase + GOLDEN) % 1.0
        return int(self._phase * stride)


class Sample:
    """Counts of picked rows of one model version, by stride; bounded, mergeable in any order to the same bytes."""

    def __init__(self, manifest: Manifest) -> None:
        """Raises DocumentInvalid where the baseline is absent, or does not fit the manifest's features."""
        self._empty = Window(manifest)
        self._strides: dict[int, Window] = {}

    def fresh(self) -> Self:
        """An empty one of the same model."""
        fresh = type(self).__new__(type(self))
        fresh._empty, fresh._strides = self._empty, {}
        return fresh

    @property
    def rows(self) -> int:
        """Rows that were counted."""
        return sum(window.rows for window in self._strides.values())

    def add(self, stride: int, matrix: bytes | bytearray, scores: bytes | bytearray) -> None:
        """Count rows that were picked with a stride: see `Window.add`. Raises ValueRefused."""
        self._window(stride).add(matrix, scores)

    def merge(self, other: Self) -> None:
        """Add what the other has counted, which stays as it is. Raises NotMergeable."""
        for stride, window in other._strides.items():
            self._window(stride).merge(window)

    def window(self) -> Window:
        """The shares of all rows, counted in as many rows as the picked ones are worth."""
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
        """What `to_json` gave, of the same model version. Raises DocumentInvalid and NotMergeable."""
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
    """The nearest whole number, in integers, so that it is the same everywhere."""
    return (2 * numerator + denominator) // (2 * denominator) if denominator else 0
