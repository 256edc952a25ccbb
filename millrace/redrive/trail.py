"""The trail: what was redriven, when, by whom, and what became of it. It expires with the failure store's lifecycle."""

import json
from collections.abc import Callable, Iterator, Sequence

from millrace.redrive.chunks import Chosen
from millrace.redrive.errors import RedriveError
from millrace.redrive.function import RedriveAnswer
from millrace.redrive.objects import Objects
from records.timestamps import timestamp

PREDICTED, IGNORED, QUARANTINED = "predicted", "ignored", "quarantined"


class Trail:
    """One object a chunk: a JSON line for each record that was settled, with the record itself."""

    def __init__(self, objects: Objects, prefix: str, owner: str, clock: Callable[[], float]) -> None:
        self._objects, self._prefix, self._owner, self._clock = objects, prefix, owner, clock

    def write(self, chunk: Sequence[Chosen], answer: RedriveAnswer) -> None:
        """Before anything is removed, so that what was removed can always be found here."""
        now = timestamp(self._clock())
        settled = answer.settled()
        lines = [self._line(one, answer, now) for one in chunk if one.waiting.prediction_id in settled]
        if lines and not any(self._objects.create(key, "".join(lines).encode()) for key in self._keys(now)):
            raise RedriveError(f"expected a free key below {self._prefix} for the trail of {now}, all are in use")

    def _keys(self, now: str) -> Iterator[str]:
        """By the time of the chunk, to the millisecond; numbered for the clock that does not advance."""
        day, _, moment = now.partition("T")
        return (f"{self._prefix}{day.replace('-', '/')}/{moment}-{number}.jsonl" for number in range(1_000))

    def _line(self, one: Chosen, answer: RedriveAnswer, now: str) -> str:
        key = one.waiting.prediction_id
        outcome = QUARANTINED if key in answer.quarantined else IGNORED if key in answer.ignored else PREDICTED
        members = {
            "prediction_id": key,
            "outcome": outcome,
            "code": answer.quarantined.get(key),
            "from": one.waiting.origin,
            "reason": one.waiting.reason,
            "name": one.holding.name,
            "redriven_at": now,
            "redriven_by": self._owner,
            "record": one.waiting.envelope,
        }
        return json.dumps({name: value for name, value in members.items() if value is not None}) + "\n"
