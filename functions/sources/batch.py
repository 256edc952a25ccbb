"""The envelopes of one invocation."""

from __future__ import annotations

from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from records.delivered import Delivered
    from records.record import Record
    from sources.source import Source


class Batch(Value):
    """The envelopes of one invocation, in order; each has one or more records.

    model : the name of the model that scores them. replies : whether the caller waits for the predictions.
    oldest : when the oldest event arrived, in seconds since the epoch, where the native engine found it.
    ignored : 1 where objects gave no envelope: a folder, an empty file, or one that was handed to a batch.
    """

    source: Source
    envelopes: Sequence[Any]
    model: str
    replies: bool = False
    oldest: float | None = None
    ignored: int = 0

    @property
    def records(self) -> list[Record]:
        return [record for place in range(len(self.envelopes)) for record in self.records_of(place)]

    def records_of(self, place: int) -> list[Record]:
        """The records of one envelope; an invalid record has a fault."""
        return self.source.records(self.envelopes[place], self.model)

    def arrived_at(self) -> float | None:
        """When its oldest event arrived, in seconds since the epoch; None where its envelopes do not say."""
        if self.oldest is not None:
            return self.oldest
        try:
            return self.source.arrived_at(self.envelopes)
        except (KeyError, TypeError, ValueError, OverflowError):
            return None

    def respond(self, delivered: Delivered) -> dict[str, Any]:
        """The function's response. Raises RecordsNotPublished if the source has no partial response."""
        return self.source.respond(self.envelopes, delivered)

    def respond_failed(self, error: Exception) -> dict[str, Any]:
        """The response if `error` settled no record. Raises it, unless the source would then split the batch."""
        return self.source.respond_failed(self.envelopes, error)
