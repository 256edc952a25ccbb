"""From what was collected to what each hour came to.

All hours within the look-back are computed anew from what lies there, the newest first; an hour that comes out as it is
stored is neither written nor told again. So a run that is repeated, cut off or left out does no harm: the next one does
its work.
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

# Seconds that must be left to read one more object, of one batch, and to write what the hours came to.
RESERVE_SECONDS = 20.0
# Megabytes that the function takes without any prediction, with a margin, and bytes that one takes with its outcome:
# measured, see docs/evaluation.md.
BASE_MB = 256
BYTES_HELD = 1_400


@dataclass(slots=True)
class Evaluated:
    """How far a run came: hours that have predictions, those that came out otherwise than stored, those not done."""

    hours: int = 0
    changed: int = 0
    left: int = 0


def most_held(memory_mb: int) -> int:
    """Predictions that a function with so much memory can hold at a time."""
    return max(1, (memory_mb - BASE_MB) * 1_000_000 // BYTES_HELD)


class OutOfTime(Exception):
    """The invocation ends before the step does."""


class Evaluation:
    """Evaluates the last hours; made once a container.

    look_back : hours after which an hour stays as it is. tell : is given each hour that changed, and its groups.
    most : predictions held at a time, see `most_held`.
    """

    def __init__(
        self,
        store: Store,
        manifests: Manifests,
        model: str,
        look_back: int,
        tell: Callable[[int, list[Group]], None],
        clock: Callable[[], float],
        most: int,
    ) -> None:
        self._store, self._manifests, self._model, self._look_back = store, manifests, model, look_back
        self._tell, self._clock, self._most = tell, clock, most

    def run(self, deadline: Deadline) -> Evaluated:
        """Evaluate the hour that is under way and those of the look-back before it, as far as time allows."""
        now = hour_of(self._clock())
        predictions = {hour: self._store.list(PREDICTIONS, hour) for hour in range(now - self._look_back, now + 1)}
        outcomes = {hour: self._store.list(OUTCOMES, hour) for hour in range(now - self._look_back - EARLY, now + 1)}
        plan = list(steps({hour: sum(o.lines for o in objects) for hour, objects in predictions.items()}, self._most))
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
        """Whether the hour came out otherwise than it is stored."""
        changed = self._store.put_hour(self._model, hour, document(self._model, hour, groups))
        if changed:
            self._tell(hour, groups)
        return changed
