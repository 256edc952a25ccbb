"""The sums of many runs."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.simulation.cloud import SINKS
from tests.simulation.run import Result

# So many runs, of so many events on average, take every path.
ENOUGH, EVENTS = 50, 1_000


@dataclass(slots=True)
class Totals:
    runs: int = 0
    faults: Counter[str] = field(default_factory=Counter)  # how often each kind struck
    struck: Counter[str] = field(default_factory=Counter)  # in how many runs
    outcomes: Counter[str] = field(default_factory=Counter)
    behaviours: Counter[str] = field(default_factory=Counter)
    paths: Counter[str] = field(default_factory=Counter)
    failures: list[Result] = field(default_factory=list)
    seconds: float = 0.0  # of the processor

    @classmethod
    def of(cls, results: Iterable[Result]) -> "Totals":
        totals = cls()
        for result in results:
            totals.add(result)
        return totals

    def add(self, result: Result) -> None:
        self.runs += 1
        self.seconds += result.seconds
        if result.failure:
            self.failures.append(result)
        self.faults.update(result.faults)
        self.struck.update(kind for kind, count in result.faults.items() if count)
        self.outcomes.update(result.outcomes)
        self.behaviours.update(result.behaviours)
        self.paths.update(result.paths)

    @property
    def records(self) -> int:
        return self.outcomes["events"]

    @property
    def speed(self) -> float:
        """Events a second of one core."""
        return self.records / self.seconds if self.seconds else 0.0

    @property
    def untaken(self) -> list[str]:
        """The paths that no run took, where there were enough runs for each of them."""
        missing = [f"sink {name}" for name in SINKS if not self.paths[f"sink {name}"]]
        missing += [name for name, count in self.paths.items() if not count and name not in missing]
        return missing if self.runs >= ENOUGH and self.records >= self.runs * EVENTS else []

    def lines(self) -> list[str]:
        """Everything as text, one figure a line."""
        return [
            f"{self.runs:,} runs, {len(self.failures)} violations",
            *(f"{count:>14,}  {name}" for name, count in self.outcomes.items()),
            "paths",
            *(f"{count:>14,}  {name}" for name, count in self.paths.items()),
            "faults: how often, in how many runs",
            *(f"{count:>14,}  {self.struck[kind]:>6,}  {kind}" for kind, count in sorted(self.faults.items())),
        ]
