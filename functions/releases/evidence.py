"""The evidence on a challenger: the evaluator's hours since it serves."""

from __future__ import annotations

from outcomes import tally
from outcomes.hours import begins, hour_of
from outcomes.store import Store, hour_key

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from outcomes.tally import Group


class Evidence:
    """The hours of one model in the evaluation bucket. s3 : a client of botocore or of aws_client."""

    def __init__(self, s3: Any, bucket: str, model: str) -> None:
        self._store, self._model = Store(s3, bucket), model

    def hours(self, since: float, now: float) -> dict[str, list[Group]]:
        """The groups of each evaluated hour, by when it begins. Raises DocumentInvalid, and what the client raises.

        since, now : seconds since the epoch; their hours are among them.
        """
        found = {}
        for hour in range(hour_of(since), hour_of(now) + 1):
            key = hour_key(self._model, hour)
            if raw := self._store.read(key):
                found[begins(hour)] = tally.read(raw, key)
        return found
