"""Rounds in which everybody takes a turn, in another order each time, and the figures that come of them."""

import statistics
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.worker import Worker

# Fewer than this say nothing about a spread.
FEWEST = 3


@dataclass(slots=True)
class Figure:
    """CPU seconds of the runs of one contestant at one size."""

    seconds: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)

    @property
    def spread(self) -> float:
        """Half of the way between the quartiles, as a share of the median."""
        if len(self.seconds) < FEWEST:
            return 0.0
        low, _, high = statistics.quantiles(self.seconds, n=4, method="inclusive")
        return (high - low) / 2 / self.median


Figures = dict[tuple[str, int], Figure]


def interleave(
    workers: Sequence[Worker],
    sizes: Sequence[int],
    *,
    seconds: float,
    rounds: int,
    only: Mapping[str, Iterable[int]] | None = None,
) -> Figures:
    """Measure each worker at each size, or at those of `only`: at most `rounds` times, about `seconds` in all.

    The order rotates from round to round. What has used up its share of the time sits rounds out, but gets three.
    """
    wanted = [(worker, size) for worker in workers for size in (only or {}).get(worker.name, sizes)]
    figures = {(worker.name, size): Figure() for worker, size in wanted}
    spent = dict.fromkeys(figures, 0.0)
    for number in range(rounds):
        allowed = seconds / max(1, len(wanted)) * (number + 1) / rounds
        start = number * len(wanted) // rounds
        for worker, size in wanted[start:] + wanted[:start]:
            key = worker.name, size
            if number < FEWEST or spent[key] < allowed:
                begun = time.monotonic()
                figures[key].seconds.append(worker.measure(size))
                spent[key] += time.monotonic() - begun
    return figures
