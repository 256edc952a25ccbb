"""Evaluates each hour of collected predictions and outcomes.

All hours within the look-back are recomputed from the stored objects, the newest first. An hour whose result has not
changed is neither written nor reported again. A run can therefore be repeated, interrupted or skipped: the next one
does its work.
"""

from __future__ import annotations

from dataclasses import dataclass

from outcomes.collected import CollectedPrediction, ObservedOutcome
from outcomes.hours import hour_of
from outcomes.join import EARLY, Join
from outcomes.plan import steps
from outcomes.store import OUTCOMES, PREDICTIONS
from outcomes.tally import Tally, document

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from outcomes.manifests import Manifests
    from outcomes.plan import Step
    from outcomes.store import Listed, Store
    from outcomes.tally import Group
    from resilience.deadline import Deadline

# The time that must be left to read one more object, of one batch, and to write the results.
RESERVE_SECONDS = 20.0
# The function's memory without predictions, with a margin, and the bytes of a prediction with its outcome: measured,
# see docs/evaluation.md.
BASE_MB = 256
BYTES_HELD = 1_400


@dataclass(slots=True)
class Evaluated:
    """The progress of a run. hours : with predictions. changed : with a new result. left : not evaluated."""

    hours: int = 0
    changed: int = 0
    left: int = 0


def predictions_in_memory(memory_mb: int) -> int:
    """The number of predictions that fit into the function's memory."""
    return max(1, (memory_mb - BASE_MB) * 1_000_000 // BYTES_HELD)


class OutOfTime(Exception):
    """The invocation ends before the step does."""


class Evaluation:
    """Evaluates the last hours. One for each container.

    look_back : hours after which a result is final. report : called with each hour that changed, and its groups.
    max_predictions : predictions held at a time, see `predictions_in_memory`.
    """

    def __init__(
        self,
        store: Store,
        manifests: Manifests,
        model: str,
        look_back: int,
        report: Callable[[int, list[Group]], None],
        clock: Callable[[], float],
        max_predictions: int,
    ) -> None:
        self._store, self._manifests, self._model, self._look_back = store, manifests, model, look_back
        self._report, self._clock, self._max_predictions = report, clock, max_predictions

    def run(self, deadline: Deadline) -> Evaluated:
        """Evaluate the current hour and those of the look-back, the newest first, as far as time allows."""
        now = hour_of(self._clock())
        predictions = {hour: self._store.list(PREDICTIONS, hour) for hour in range(now - self._look_back, now + 1)}
        outcomes = {hour: self._store.list(OUTCOMES, hour) for hour in range(now - self._look_back - EARLY, now + 1)}
        counts = {hour: sum(listed.lines for listed in objects) for hour, objects in predictions.items()}
        plan = list(steps(counts, self._max_predictions))
        done = Evaluated(hours=sum(len(step.hours) for step in plan))
        for number, step in enumerate(plan):
            try:
                tallies = self._step(step, predictions, outcomes, deadline)
            except OutOfTime:
                done.left = sum(len(rest.hours) for rest in plan[number:])
                return done
            for hour, tally in tallies.items():
                done.changed += self._write(hour, tally.groups())
        return done

    def _step(
        self,
        step: Step,
        predictions: dict[int, list[Listed]],
        outcomes: dict[int, list[Listed]],
        deadline: Deadline,
    ) -> dict[int, Tally]:
        """Raises OutOfTime."""
        tallies = {hour: Tally(self._manifests) for hour in step.hours}
        arrived = range(min(step.hours) - EARLY, max(step.hours) + self._look_back + 1)
        for part in range(step.parts):
            join = Join(self._look_back, part, step.parts)
            for hour in step.hours:
                for line in self._lines(predictions[hour], deadline):
                    join.predicted(hour, CollectedPrediction.of(line))
            for hour in arrived:
                for line in self._lines(outcomes.get(hour, []), deadline):
                    join.happened(hour, ObservedOutcome.of(line))
            for joined in join.result():
                tallies[joined.hour].add(joined)
        return tallies

    def _lines(self, objects: list[Listed], deadline: Deadline) -> Iterator[bytes]:
        for listed in objects:
            if deadline.remaining() < RESERVE_SECONDS:
                raise OutOfTime
            yield from self._store.lines(listed.key)

    def _write(self, hour: int, groups: list[Group]) -> bool:
        """Write and report the hour if its result has changed; returns whether it has."""
        changed = self._store.put_hour(self._model, hour, document(self._model, hour, groups))
        if changed:
            self._report(hour, groups)
        return changed
