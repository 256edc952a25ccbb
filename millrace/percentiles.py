"""Nearest-rank percentiles, in the unit of the values."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from itertools import accumulate

PERCENTILES = (50, 95, 99)


def percentiles(values: Iterable[float]) -> dict[int, float]:
    """Value by percentile; empty where there are no values."""
    ordered = sorted(values)
    return {p: ordered[_rank(p, len(ordered)) - 1] for p in PERCENTILES} if ordered else {}


def counted_percentiles(counts: Mapping[int, int]) -> dict[int, int]:
    """The same of values that are given with how often each was seen."""
    values = sorted(counts)
    ends = list(accumulate(counts[value] for value in values))
    return {p: values[bisect_left(ends, _rank(p, ends[-1]))] for p in PERCENTILES} if ends and ends[-1] else {}


def _rank(percentile: int, count: int) -> int:
    """From 1 to count."""
    return max(1, -(-count * percentile // 100))
