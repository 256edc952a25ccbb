"""What the charts of time and size show. Pure. Whether the model is right, and the world as it was: `evaluation`."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

Point = tuple[float, float]
_LEAST_WIDTH = 1e-9


@dataclass(frozen=True, slots=True)
class Bins:
    """Counts between neighbouring edges: one edge more than counts."""

    edges: Sequence[float]
    counts: Sequence[int]

    def each(self) -> Iterator[tuple[float, float, int]]:
        """Lower edge, upper edge and count of each bin."""
        return zip(self.edges, self.edges[1:], self.counts, strict=False)


def histogram(values: Sequence[float], most: int = 40, *, low: float = 0.0, high: float | None = None) -> Bins:
    """`most` bins of equal width from low to the largest value, or to `high`."""
    top = max(values, default=0.0) if high is None else high
    # A range without a width, or with one that floats cannot divide, is one unit wide.
    top = top if top - low > _LEAST_WIDTH else low + 1
    counts, edges = np.histogram(np.asarray(values, dtype=np.float64), most, (low, top))
    return Bins([float(edge) for edge in edges], [int(count) for count in counts])


def over_time(times: Sequence[float], start: float, end: float, most: int = 120) -> list[Point]:
    """Events a second over time: (seconds since start, rate); up to `most` bins of whole seconds."""
    width = math.floor((end - start) / most) + 1
    number = int((end - start) // width) + 1
    counts = np.bincount(((np.asarray(times, dtype=np.float64) - start) // width).astype(int), minlength=number)
    return [(float(i * width), float(count) / width) for i, count in enumerate(counts)]


def thinned(points: Sequence[Point], most: int = 200) -> list[Point]:
    """Up to `most` of the points, the first and the last among them: more than a chart can show are of no use."""
    if len(points) <= most:
        return list(points)
    return [points[round(i * (len(points) - 1) / (most - 1))] for i in range(most)]
