"""What a source of events is: it claims an event, reads its records, and answers for those that failed."""

from __future__ import annotations

from typing import Protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from records.delivered import Delivered
    from records.record import Record
    from sources.layout import EnvelopeLayout


class Source(Protocol):
    """What invokes the function with events: one file in this package each, and an entry in `SOURCES`."""

    @property
    def name(self) -> str:
        """By which metrics and logs name it."""

    @property
    def layout(self) -> EnvelopeLayout | None:
        """By which the native engine reads its raw events; None: every event is parsed, and read by `records`."""

    def claims(self, event: Any) -> bool:
        """Whether it sent the event."""

    def envelopes(self, event: Any) -> Sequence[Any]:
        """The envelopes of an event that it claims, in their order; each has one record, or several."""

    def records(self, envelope: Any, model: str) -> list[Record]:
        """The records of one envelope; a damaged record is a record with a fault."""

    def arrived_at(self, envelopes: Sequence[Any]) -> float | None:
        """When the oldest event of a batch arrived, in seconds since the epoch; None where that is not known."""

    def replies(self, event: Any) -> bool:
        """Whether the caller waits for predictions and faults: nothing is published or quarantined then."""

    def respond(self, envelopes: Sequence[Any], delivered: Delivered) -> dict[str, Any]:
        """The function's answer. Raises RecordsNotPublished where the source has no answer for failed records."""
