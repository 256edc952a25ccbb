"""Joins predictions with outcomes. Pure: the result does not depend on order or duplicates.

A part of the predictions of some hours, chosen by the hash of the id, is held in memory, while the outcomes are
streamed. So memory is bounded by the size of a part, for any number of outcomes.

- Of several copies of a prediction, the first counts: the lowest `scored_at`. All copies have their event's time of
  arrival, and so are in the same hour.
- An outcome by `prediction_id` takes precedence over one by `event_id`; of several, the one observed last.
- An outcome counts for a prediction if it arrives from one hour before the hour of the prediction's event to
  `look_back` hours after it. After that, the hour is final.
- An outcome by `event_id` counts for every prediction of the event, if a producer sent the event twice.
"""

from __future__ import annotations

import zlib
from typing import NamedTuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from outcomes.collected import CollectedPrediction, ObservedOutcome

# Hours by which an outcome may arrive before its event: streams and clocks differ.
EARLY = 1
SHADOW = "shadow"

type Rank = tuple[str, str, str]


class Joined(NamedTuple):
    """A prediction with its hour, and the outcome that counts, or None."""

    hour: int
    prediction: CollectedPrediction
    outcome: str | int | float | None


class _Held:
    __slots__ = ("by_event", "by_id", "hour", "prediction")

    def __init__(self, hour: int, prediction: CollectedPrediction) -> None:
        self.hour, self.prediction = hour, prediction
        self.by_id: tuple[Rank, str | int | float] | None = None
        self.by_event: tuple[Rank, str | int | float] | None = None


class Join:
    """Add all predictions, then all outcomes, then read the result.

    look_back : hours during which an outcome counts. part, parts : which part of the predictions is held.
    """

    def __init__(self, look_back: int, part: int = 0, parts: int = 1) -> None:
        self._look_back, self._part, self._parts = look_back, part, parts
        # A shadow's predictions have the ids of the champion's.
        self._held: dict[tuple[str, bool], _Held] = {}
        self._by_event: dict[str, list[_Held]] | None = None

    def predicted(self, hour: int, prediction: CollectedPrediction) -> None:
        if self._parts > 1 and zlib.crc32(prediction.prediction_id.encode()) % self._parts != self._part:
            return
        key = prediction.prediction_id, prediction.variant == SHADOW
        held = self._held.get(key)
        if held is None:
            self._held[key] = _Held(hour, prediction)
        elif _first(prediction) < _first(held.prediction):
            held.hour, held.prediction = hour, prediction

    def happened(self, hour: int, outcome: ObservedOutcome) -> None:
        """Add an outcome that arrived in `hour`."""
        mark = outcome.rank(), outcome.value
        if outcome.prediction_id:
            for shadow in (False, True):
                held = self._held.get((outcome.prediction_id, shadow))
                if held and self._counts(held, hour) and (held.by_id is None or held.by_id[0] < mark[0]):
                    held.by_id = mark
            return
        for held in self._of_event(outcome.event_id):
            if self._counts(held, hour) and (held.by_event is None or held.by_event[0] < mark[0]):
                held.by_event = mark

    def result(self) -> Iterator[Joined]:
        for held in self._held.values():
            mark = held.by_id or held.by_event
            yield Joined(held.hour, held.prediction, None if mark is None else mark[1])

    def _counts(self, held: _Held, hour: int) -> bool:
        return held.hour - EARLY <= hour <= held.hour + self._look_back

    def _of_event(self, event_id: str) -> list[_Held]:
        if self._by_event is None:
            self._by_event = {}
            for held in self._held.values():
                self._by_event.setdefault(held.prediction.event_id, []).append(held)
        return self._by_event.get(event_id, [])


def _first(prediction: CollectedPrediction) -> tuple[str, str, str, tuple[float, ...]]:
    """The order of copies, which is deterministic for two copies of the same millisecond too."""
    return prediction.scored_at, prediction.version, prediction.variant, prediction.scores
