"""What is kept of the last minutes, in bounded memory: counts by the second, and how times are spread."""

import math
from collections import Counter, defaultdict
from collections.abc import Mapping

from millrace.percentiles import counted_percentiles

# A sparkline is as long as this.
KEPT_SECONDS = 300
# Rates and times are those of a window that ends a little ago: lines of a log come some seconds late.
RATE_SECONDS = 30
SETTLED_SECONDS = 3
SPREAD_SECONDS = 60

# Times are counted in cells, each 2 % wider than the one before: a percentile is right within 1 %.
_GROWTH = math.log(1.02)
_SHORTEST = 1e-4  # seconds; also what a negative time, of clocks that differ, counts as


class Series:
    """Counts by the second, for so long as a sparkline shows them."""

    def __init__(self) -> None:
        self._counts: dict[int, float] = {}

    def add(self, at: float, count: float = 1) -> None:
        """Count at a time, in seconds since the epoch."""
        self._counts[int(at)] = self._counts.get(int(at), 0) + count
        if len(self._counts) > 2 * KEPT_SECONDS:
            newest = max(self._counts)
            self._counts = {second: n for second, n in self._counts.items() if second > newest - KEPT_SECONDS}

    def rate(self, now: float, began: float) -> float | None:
        """A second, over the last whole seconds that are settled; None before there are any."""
        last = int(now) - SETTLED_SECONDS
        first = max(last - RATE_SECONDS, math.ceil(began))
        return self._between(first, last) / (last - first) if last > first else None

    def sum(self, now: float, seconds: int = SPREAD_SECONDS) -> float:
        """All of the last seconds, those under way too."""
        return self._between(int(now) + 1 - seconds, int(now) + 1)

    def columns(self, now: float, began: float, number: int) -> list[float | None]:
        """The last minutes in up to `number` columns, each a rate a second; None before the watch began."""
        width = math.ceil(KEPT_SECONDS / number)
        number = math.ceil(KEPT_SECONDS / width)
        # Columns begin at multiples of their width, so that they stay as they are while they move.
        last = (int(now) // width + 1) * width
        starts = range(last - number * width, last, width)
        return [self._between(start, start + width) / width if start + width > began else None for start in starts]

    def _between(self, first: int, end: int) -> float:
        return sum(self._counts.get(second, 0) for second in range(first, end))


class Spread:
    """How times are spread over the last minute: seconds in, percentiles out."""

    def __init__(self) -> None:
        self._cells: defaultdict[int, Counter[int]] = defaultdict(Counter)

    def add(self, at: float, seconds: float) -> None:
        """Count a time that was measured at `at`, in seconds since the epoch."""
        self._cells[int(at)][round(math.log(max(seconds, _SHORTEST)) / _GROWTH)] += 1
        if len(self._cells) > 2 * SPREAD_SECONDS:
            newest = max(self._cells)
            for second in [second for second in self._cells if second <= newest - SPREAD_SECONDS]:
                del self._cells[second]

    def percentiles(self, now: float) -> Mapping[int, float]:
        """Nearest-rank percentiles in seconds, of the last minute; empty where there is nothing in it."""
        recent = (cells for second, cells in self._cells.items() if second > int(now) - SPREAD_SECONDS)
        merged = Counter[int]()
        for cells in recent:
            merged.update(cells)
        return {p: math.exp(cell * _GROWTH) for p, cell in counted_percentiles(merged).items()}
