"""Every run of a small scope: the simulation is run again and again, each time along another path of choices.

Nothing is kept of a run but the choices that it made (stateless re-execution), so what is simulated may be any code.
"""

import random
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

# Which of the events that are due together comes first; what goes wrong at a call, or between two.
type Kind = Literal["order", "fault"]


class NotDeterministic(Exception):
    """A run did not offer the choices that it offered before: something besides the choices decides what happens."""


class Choices:
    """The choices of one run. It replays `path`, then takes the first option each time.

    `bounds` : how many choices of a kind may differ from the first option; without one, all of them.
    `cut` : how many choices, by kind, had no alternative for that reason.
    """

    def __init__(
        self, path: tuple[int, ...] = (), bounds: Mapping[Kind, int] | None = None, offered: tuple[int, ...] = ()
    ) -> None:
        self.taken: list[int] = []
        self.offered: list[int] = []
        self.cut: Counter[Kind] = Counter()
        self.active = True
        self._path, self._before, self._bounds = path, offered, bounds or {}
        self._spent: Counter[Kind] = Counter()

    def choose(self, kind: Kind, options: int) -> int:
        """The option to take: 0 to `options` - 1."""
        if not self.active or options < 2:
            return 0
        if self._spent[kind] >= self._bounds.get(kind, len(self.taken) + 1):
            self.cut[kind] += 1
            return 0
        at = len(self.taken)
        chosen = self._path[at] if at < len(self._path) else 0
        if at < len(self._before) and self._before[at] != options:
            raise NotDeterministic(f"expected {self._before[at]} options at choice {at}, got {options} ({kind})")
        self.taken.append(chosen)
        self.offered.append(options)
        self._spent[kind] += chosen > 0
        return chosen

    def spent(self, kind: Kind) -> int:
        """How many choices of a kind were not the first option."""
        return self._spent[kind]

    def following(self) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
        """The next path depth first, and what its choices offer; None after the last."""
        for at in range(len(self.taken) - 1, -1, -1):
            if self.taken[at] + 1 < self.offered[at]:
                return (*self.taken[:at], self.taken[at] + 1), tuple(self.offered[: at + 1])
        return None

    @property
    def left(self) -> int:
        """Branches that the paths after this one would enter."""
        return sum(offered - taken - 1 for offered, taken in zip(self.offered, self.taken, strict=True))


class SteadyRandom(random.Random):
    """Chance without chance: every draw is in the middle, so that the choices alone decide. Bits still differ."""

    def random(self) -> float:
        return 0.5


@dataclass(slots=True)
class Explored:
    """What `explore` did.

    runs : how many. complete : whether every path within the bounds was run; else `left` branches were not entered.
    cut : choices whose alternatives were out of bounds, summed over the runs. longest : the most choices in one run.
    """

    runs: int = 0
    complete: bool = False
    left: int = 0
    longest: int = 0
    cut: Counter[Kind] = field(default_factory=Counter)


def explore(
    run: Callable[[Choices], object],
    bounds: Mapping[Kind, int] | None = None,
    *,
    most_runs: int | None = None,
    most_seconds: float | None = None,
) -> Explored:
    """Call `run` with the choices of each path until all within `bounds` are done, or the budget is used up.

    `run` makes a `World(choices=…)` and simulates; what it raises ends the exploration, and its last choices, which
    repeat it, are in a note of the exception. Raises NotDeterministic.
    """
    explored, choices, since = Explored(), Choices(bounds=bounds), time.process_time()
    while True:
        try:
            run(choices)
        except BaseException as failure:
            failure.add_note(f"path {tuple(choices.taken)}, run {explored.runs + 1}")
            raise
        explored.runs += 1
        explored.cut += choices.cut
        explored.longest = max(explored.longest, len(choices.taken))
        following = choices.following()
        if following is None:
            explored.complete = True
            return explored
        late = most_seconds is not None and time.process_time() - since >= most_seconds
        if late or explored.runs == most_runs:
            explored.left = choices.left
            return explored
        choices = Choices(following[0], bounds, following[1])
