"""What a target is to the producer."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from stream_producers.event import Event

Position = tuple[str, ...]
"""A record's position, as receipts have it; empty where a target gives none."""


class Limits(NamedTuple):
    """What one call may hold (sizes in bytes), and how many calls may be under way at once."""

    records: int
    batch_bytes: int
    event_bytes: int
    calls: int


@dataclass(slots=True)
class BatchDelivery:
    """What became of a batch.

    positions   one for each event of the batch, in its order; None where the event was not accepted
    reasons     why not, one for each event that was not accepted
    resent      entries that were put into a call again
    stopped_by  why nothing else will be taken either; None while there is hope
    """

    positions: list[Position | None]
    reasons: list[str] = field(default_factory=list)
    resent: int = 0
    stopped_by: str | None = None


class Target(Protocol):
    """A place for events. `send` may be called from several threads."""

    @property
    def path(self) -> str:
        """The word for it in receipts: event_stream, event_topic, event_queue or stdout."""

    @property
    def limits(self) -> Limits: ...

    @property
    def text_only(self) -> bool:
        """Whether it carries nothing but non-empty text."""

    def size(self, event: Event) -> int:
        """Bytes that the event takes of a call."""

    def refusal(self, event: Event) -> str | None:
        """Why this event, whatever its size, can never be sent there; None where it can."""

    def send(self, batch: Sequence[Event]) -> BatchDelivery:
        """Send a batch within the limits. Raises nothing that has to do with the target."""

    def stop(self) -> None:
        """Send nothing again from now on: the run is being ended."""
