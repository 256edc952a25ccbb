"""What the sources share whose events are a list of `Records`."""

from __future__ import annotations

from datetime import UTC, datetime

from records.timestamps import timestamp
from sources.errors import RecordsNotPublished

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from records.delivered import Delivered
    from sources.layout import EnvelopeLayout
    from sources.objects import StoredObjects


class LambdaRecords:
    """A source that is named in each record; its response reports every failed record.

    name : in metrics and logs. event_source : the value of `eventSource` in its records.
    """

    name: str
    event_source: str
    layout: EnvelopeLayout | None = None
    names_ignored = False
    refers_to_objects = False

    def claims(self, event: Any) -> bool:
        return bool(event_source_of(event) == self.event_source)

    def envelopes(self, event: Any) -> Sequence[Any]:
        envelopes: Sequence[Any] = event["Records"]
        return envelopes

    def fetched(self, event: Any, objects: StoredObjects | None) -> Sequence[Any]:
        raise NotImplementedError

    def replies(self, event: Any) -> bool:
        return False

    def respond(self, envelopes: Sequence[Any], delivered: Delivered) -> dict[str, Any]:
        """The partial batch response: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html"""
        return batch_item_failures({record.delivery_id for record in delivered.failed})

    def respond_failed(self, envelopes: Sequence[Any], error: Exception) -> dict[str, Any]:
        """Raise: the source delivers the batch again as it is, and the function's errors are counted."""
        raise error


class AsynchronousRecords(LambdaRecords):
    """Asynchronous invocations, which have no partial response: Lambda retries an invocation that raises."""

    def respond(self, envelopes: Sequence[Any], delivered: Delivered) -> dict[str, Any]:
        if delivered.failed:
            raise RecordsNotPublished(f"expected no failed events, got {len(delivered.failed)} of {len(envelopes)}")
        return super().respond(envelopes, delivered)


class StreamRecords(LambdaRecords):
    """Records of a shard, in order: Lambda delivers everything from the lowest sequence number that failed on again."""

    def sequence_number(self, envelope: Any) -> str:
        raise NotImplementedError

    def respond(self, envelopes: Sequence[Any], delivered: Delivered) -> dict[str, Any]:
        """Report the lowest sequence number that failed."""
        failed = [record.delivery_id for record in delivered.failed]
        return batch_item_failures({min(failed, key=int)} if failed else set())

    def respond_failed(self, envelopes: Sequence[Any], error: Exception) -> dict[str, Any]:
        """Report the first record, from which on everything is delivered again.

        If it raised, Lambda would halve the batch down to single records, each with its retries. With three of them,
        1,000 records that cannot be scored would cost 4,999 invocations and 1,000 on-failure objects, not 4 and 1.
        """
        return batch_item_failures({self.sequence_number(envelopes[0])})


def event_source_of(event: Any) -> Any:
    """The event source in the first record of an event; None if there is none."""
    records = event.get("Records") if isinstance(event, dict) else None
    first = records[0] if isinstance(records, list) and records else None
    if not isinstance(first, dict):
        return None
    return first.get("eventSource") or first.get("EventSource")


def batch_item_failures(identifiers: set[str]) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in sorted(identifiers)]}


def seconds(time: str) -> float:
    """Seconds since the epoch of a time in ISO 8601, UTC by default.

    Raises ValueError, TypeError or OverflowError, also for a time that `timestamp` cannot write: rounded to
    milliseconds, the last instant of the year 9999 is in the year 10000.
    """
    moment = datetime.fromisoformat(time)
    since_epoch = (moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    timestamp(since_epoch)
    return since_epoch
