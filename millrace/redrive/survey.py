"""The survey: how much waits, where, why, and since when."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from millrace.redrive.waiting import Waiting
from records.timestamps import timestamp


class SurveyGroup(NamedTuple):
    """What waits for one reason and arrived on one day (UTC)."""

    origin: str
    reason: str
    day: str


@dataclass(slots=True)
class SurveyTally:
    """How many records, and when the first and the last of them arrived, in seconds since the epoch."""

    records: int
    first: float
    last: float


@dataclass(slots=True)
class Survey:
    """unreadable : objects and messages that no redrive will touch."""

    groups: dict[SurveyGroup, SurveyTally] = field(default_factory=dict)
    unreadable: list[str] = field(default_factory=list)

    @property
    def records(self) -> int:
        return sum(tally.records for tally in self.groups.values())

    def add(self, waiting: Iterable[Waiting]) -> None:
        for one in waiting:
            group = SurveyGroup(one.origin, one.reason, timestamp(one.arrived_at)[:10])
            tally = self.groups.setdefault(group, SurveyTally(0, one.arrived_at, one.arrived_at))
            tally.records += 1
            tally.first, tally.last = min(tally.first, one.arrived_at), max(tally.last, one.arrived_at)
