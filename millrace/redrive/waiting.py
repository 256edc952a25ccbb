"""What waits to be redriven: records, each as the scorer will be given it, and the objects and messages they are in."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import sources
from millrace.redrive.errors import RedriveError
from records.record import Record
from sources import redrive

QUARANTINE, ON_FAILURE, DEAD_LETTERS = "quarantine", "on-failure", "dead-letters"


class UnreadableEntry(Exception):
    """An object or message that is none that the scorer or Lambda writes: it is left where it is."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """One record that waits.

    reason : why it is there: a code, Lambda's condition, or what happened to a message.
    arrived_at : seconds since the epoch, when the event first arrived.
    """

    origin: str
    reason: str
    prediction_id: str
    arrived_at: float
    envelope: dict[str, Any]


@dataclass(slots=True)
class Holding:
    """An object or a message, and the records that wait in it. `place` : where it is, for its origin."""

    name: str
    place: Any
    waiting: list[Waiting]


class FailureOrigin(Protocol):
    """One of the three places where failed events are.

    unreadable : names of what is there and could not be read; filled while `holdings` runs.
    """

    name: str
    unreadable: list[str]

    def holdings(self) -> Iterator[Holding]:
        """Everything that is there when it is called; what is written meanwhile may be left out."""

    def keep(self, kept: Sequence[tuple[Holding, list[Waiting]]]) -> None:
        """See to it that of each holding only these records are left; of some, none are."""

    def close(self) -> None:
        """Give back what was only looked at."""


def waiting(origin: str, reason: str, envelope: dict[str, Any], model: str) -> Waiting:
    """model : the name of the stack's model. Raises UnreadableEntry where the scorer could not read the envelope."""
    try:
        record = sources.read({"Records": [envelope]}, model).records[0]
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise UnreadableEntry(f"expected a record, got {type(error).__name__}") from None
    return Waiting(origin, reason, record.delivery_id, record.arrived_at, envelope)


def waiting_records(origin: str, reason: str, records: Iterable[Record]) -> list[Waiting]:
    return [waiting(origin, reason, redrive.envelope(record), record.model) for record in records]


@dataclass(frozen=True, slots=True)
class Selection:
    """What to redrive. since, until : first arrival, in seconds since the epoch; the second is left out.

    codes : of quarantine only; none means all. limit : records at most.
    """

    origins: frozenset[str] = frozenset({ON_FAILURE, DEAD_LETTERS})
    codes: frozenset[str] = frozenset()
    since: float | None = None
    until: float | None = None
    limit: int | None = None

    def __post_init__(self) -> None:
        if self.codes and QUARANTINE not in self.origins:
            raise RedriveError("codes choose among what is in quarantine: redrive from quarantine (--from quarantine)")

    def chooses(self, one: Waiting) -> bool:
        if self.since is not None and one.arrived_at < self.since:
            return False
        if self.until is not None and one.arrived_at >= self.until:
            return False
        return one.origin != QUARANTINE or not self.codes or one.reason in self.codes


def seconds(text: str) -> float:
    """A date or time in ISO 8601, UTC where it names no zone. Raises RedriveError."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise RedriveError(f"expected a time like 2026-11-21 or 2026-11-21T12:41:07Z, got {text!r}") from None
    return (moment if moment.tzinfo else datetime.fromisoformat(f"{moment.isoformat()}+00:00")).timestamp()
