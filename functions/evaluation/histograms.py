"""Histograms of a feature, or of a score, over the cells of the manifest's baseline."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from math import inf, isinf, nextafter
from sys import float_info

from evaluation.errors import NotMergeable, ValueRefused
from model_store.errors import DocumentInvalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Self

    from model_store.documents import Document


GREATEST = float_info.max


class Cells:
    """The cells of a baseline's histogram, and the number of rows of the training data in each.

    Numbers: below the first edge, between two edges (each bin includes its lower edge, the last one both, as in numpy),
    above the last edge. A constant column has three cells: less, this value, more. Codes of categories and booleans:
    one cell each. Missing values are counted separately.
    """

    def __init__(self, histogram: Document) -> None:
        counts = histogram.get("counts", list)
        self.missing = histogram.get("missing", int)
        self.ordered = "edges" in histogram.members
        edges = histogram.get("edges", list, [])
        if not all(type(count) is int and count >= 0 for count in (*counts, self.missing)):
            raise DocumentInvalid(f"{histogram.path}: expected counts, 0 or more")
        if self.ordered and len(counts) != (len(edges) if len(edges) < 2 else len(edges) - 1):
            raise DocumentInvalid(f"{histogram.path}.counts: expected one between each two edges, got {len(counts)}")
        if (
            not all(type(edge) in (int, float) and abs(edge) <= GREATEST for edge in edges)
            or sorted(set(edges)) != edges
        ):
            raise DocumentInvalid(f"{histogram.path}.edges: expected numbers in ascending order")
        self.base = [0, *counts, 0] if edges else (counts or [0])
        self.cuts = _cuts(edges) if self.ordered else list(range(1, len(counts)))


def _cuts(edges: list[float]) -> list[float]:
    """The lower bounds of the cells; the last edge belongs to the bin below it."""
    if not edges:
        return []
    last = nextafter(edges[-1], inf)
    return [*edges[:-1], last] if len(edges) > 1 else [edges[0], last]


class Histogram:
    """Counted rows by the cells of a baseline. Its size does not depend on the number of rows."""

    def __init__(self, cells: Cells) -> None:
        self.cells = cells
        self.counts = [0] * len(cells.base)
        self.missing = 0

    def add(self, column: Iterable[float]) -> None:
        """Count values; see `counted`. Raises ValueRefused."""
        self.take(self.counted(column))

    def counted(self, column: Iterable[float]) -> tuple[Counter[int], int]:
        """The number of values in each cell, and of missing values. Raises ValueRefused.

        column : values as the model receives them: float32, NaN for missing, codes for categories. The edges are those
        of float32 training data: 0.1 as float64 would be below the edge that 0.1 as float32 made.
        """
        values = list(column)
        present = [value for value in values if value == value]
        if any(map(isinf, present)):
            raise ValueRefused("feature: expected finite numbers, or NaN for missing")
        if present and not self.cells.ordered and not (min(present) >= 0 and max(present) < len(self.counts)):
            raise ValueRefused(f"feature: expected codes from 0 to {len(self.counts) - 1}")
        cuts = self.cells.cuts
        return Counter([bisect_right(cuts, value) for value in present]), len(values) - len(present)

    def take(self, counted: tuple[Counter[int], int]) -> None:
        """Add the result of `counted`."""
        for cell, count in counted[0].items():
            self.counts[cell] += count
        self.missing += counted[1]

    def merge(self, other: Self) -> None:
        """Add the other's counts. Raises NotMergeable."""
        if (self.cells.cuts, self.cells.base) != (other.cells.cuts, other.cells.base):
            raise NotMergeable("baseline of a histogram: expected the same edges and counts on both sides")
        self.counts = [mine + others for mine, others in zip(self.counts, other.counts, strict=True)]
        self.missing += other.missing

    @property
    def present(self) -> int:
        return sum(self.counts)

    @property
    def rows(self) -> int:
        return self.present + self.missing

    def to_json(self) -> dict[str, Any]:
        return {"counts": self.counts, "missing": self.missing}

    @classmethod
    def read(cls, cells: Cells, document: Document) -> Self:
        """Read the JSON of `to_json` for the same baseline. Raises DocumentInvalid."""
        histogram, counts = cls(cells), document.get("counts", list)
        histogram.missing = document.get("missing", int)
        if len(counts) != len(histogram.counts) or not all(
            type(count) is int and count >= 0 for count in (*counts, histogram.missing)
        ):
            raise DocumentInvalid(f"{document.path}: expected {len(histogram.counts)} counts, one for each cell")
        histogram.counts = counts
        return histogram
