"""The interface of event sources: read the records of an event, and respond with those that failed."""

from __future__ import annotations

from typing import Protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from records.delivered import Delivered
    from records.record import Record
    from sources.layout import EnvelopeLayout
    from sources.objects import StoredObjects


class Source(Protocol):
    """An event source: one file in this package, and an entry in `REGISTERED`."""

    @property
    def name(self) -> str:
        """Its name in metrics and logs."""

    @property
    def layout(self) -> EnvelopeLayout | None:
        """By which the native engine reads its raw events; None: every event is parsed, and read by `records`."""

    @property
    def names_ignored(self) -> bool:
        """Whether `respond` names the records that are no events."""

    @property
    def refers_to_objects(self) -> bool:
        """Whether its events only name objects in S3, of which `fetched` makes the envelopes."""

    def fetched(self, event: Any, objects: StoredObjects | None) -> Sequence[Any]:
        """The envelopes of an event that names objects. Raises ObjectsUnavailable."""

    def claims(self, event: Any) -> bool:
        """Whether the event is from this source."""

    def envelopes(self, event: Any) -> Sequence[Any]:
        """The envelopes of an event from this source, in order; each has one or more records."""

    def records(self, envelope: Any, model: str) -> list[Record]:
        """The records of one envelope; an invalid record has a fault."""

    def arrived_at(self, envelopes: Sequence[Any]) -> float | None:
        """When the oldest event of a batch arrived, in seconds since the epoch; None if unknown."""

    def replies(self, event: Any) -> bool:
        """Whether the caller waits for predictions and faults: then nothing is published or quarantined."""

    def respond(self, envelopes: Sequence[Any], delivered: Delivered) -> dict[str, Any]:
        """The function's response. Raises RecordsNotPublished if the source has no partial response."""

    def respond_failed(self, envelopes: Sequence[Any], error: Exception) -> dict[str, Any]:
        """The response to a batch of which, because of `error`, no record was settled: all must be delivered again.

        It raises the error, unless the source splits a batch whose invocation raised: then it reports the batch.
        """
