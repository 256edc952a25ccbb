"""Counts of a feature, or of a score, in the cells of the manifest's baseline."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from math import inf, isinf, nextafter

from evaluation.errors import NotMergeable, ValueRefused
from model_store.errors import DocumentInvalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any, Self

    from model_store.documents import Document


class Cells:
    """What a baseline's histogram divides values into, and how many rows of the training data were in each.

    Numbers: below the first edge, between two edges (each bin has its lower edge, the last one both, as numpy counts
    them), above the last edge. A column of one value has three cells: less, this value, more. Codes of categories
    and booleans: one cell each. Missing values are counted apart.
    """

    def __init__(self, histogram: Document) -> None:
        counts = histogram.get("counts", list)
        self.missing = histogram.get("missing", int)
        self.ordered = "edges" in histogram.members
        edges = histogram.get("edges", list, [])
        if not all(type(count) is int and count >= 0 for count in (*counts, self.missing)):
            raise DocumentInvalid(f"{histogram.path}: expected counts from 0")
        if self.ordered and len(counts) != (len(edges) if len(edges) < 2 else len(edges) - 1):
            raise DocumentInvalid(f"{histogram.path}.counts: expected one between two edges each, got {len(counts)}")
        if not all(type(edge) in (int, float) for edge in edges) or sorted(set(edges)) != edges:
            raise DocumentInvalid(f"{histogram.path}.edges: expected numbers in rising order")
        self.base = [0, *counts, 0] if edges else (counts or [0])
        self.cuts = _cuts(edges) if self.ordered else list(range(1, len(counts)))


def _cuts(edges: list[float]) -> list[float]:
    """Where cells begin: the last edge itself belongs to the bin below it."""
    if not edges:
        return []
    last = nextafter(edges[-1], inf)
    return [*edges[:-1], last] if len(edges) > 1 else [edges[0], last]


class Histogram:
    """Rows now, by the cells of a baseline. As many numbers as the baseline has, whatever is counted."""

    def __init__(self, cells: Cells) -> None:
        self.cells = cells
        self.counts = [0] * len(cells.base)
        self.missing = 0

    def add(self, column: Iterable[float]) -> None:
        """Count values: see `counted`. Raises ValueRefused."""
        self.take(self.counted(column))

    def counted(self, column: Iterable[float]) -> tuple[Counter[int], int]:
        """Rows by cell, and missing ones, of values as the model got them. Raises ValueRefused.

        That is float32, NaN for missing, codes for categories. Edges are of the training data as float32, and 0.1 as a
        float64 lies below the edge that 0.1 as a float32 made.
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
        """Add what `counted` gave."""
        for cell, count in counted[0].items():
            self.counts[cell] += count
        self.missing += counted[1]

    def merge(self, other: Self) -> None:
        """Add what the other has counted. Raises NotMergeable."""
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
        """What `to_json` gave, for the same baseline. Raises DocumentInvalid."""
        histogram, counts = cls(cells), document.get("counts", list)
        histogram.missing = document.get("missing", int)
        if len(counts) != len(histogram.counts) or not all(
            type(count) is int and count >= 0 for count in (*counts, histogram.missing)
        ):
            raise DocumentInvalid(f"{document.path}: expected {len(histogram.counts)} counts, as the baseline's cells")
        histogram.counts = counts
        return histogram
