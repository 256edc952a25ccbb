"""From a Lambda event to records, and from failed records to what each source wants to hear of them."""

import json
from collections.abc import Iterable, Sequence
from typing import Any

import native
from model_store.values import Value
from scorer.errors import Fault, RecordsNotPublished, UnknownEventSource
from scorer.records import Record
from scorer.sources import kinesis, redrive, sns, sqs

KINESIS = "aws:kinesis"
_READERS = {
    KINESIS: kinesis.read,
    "aws:sns": sns.read,
    "aws:sqs": sqs.read,
    redrive.EVENT_SOURCE: redrive.read,
}


class Batch(Value):
    """The envelopes of one invocation, in the order in which they came; each holds a record, or several."""

    source: str
    envelopes: Sequence[dict[str, Any]]

    @property
    def records(self) -> list[Record]:
        return [record for place in range(len(self.envelopes)) for record in self.records_of(place)]

    def records_of(self, place: int) -> list[Record]:
        """The records of one envelope; a damaged record is a record with a fault."""
        return _READERS[self.source]([self.envelopes[place]])

    def response(
        self, failed: Sequence[Record], quarantined: Iterable[tuple[Record, Fault]] = ()
    ) -> dict[str, list[dict[str, str]]]:
        """The partial batch response: the one place where it is built.

        Kinesis takes the lowest sequence number and delivers everything from it on again; SQS takes every message.
        Direct SNS has no such response: raises RecordsNotPublished. A redrive hears of every record by its
        prediction id, and of those that are in quarantine too.
        """
        if failed and self.source == "aws:sns":
            raise RecordsNotPublished(f"{len(failed)} of {len(self.envelopes)} messages failed: expected none")
        identifiers = {record.delivery_id for record in failed}
        if identifiers and self.source == KINESIS:
            identifiers = {min(identifiers, key=int)}
        response = {"batchItemFailures": [{"itemIdentifier": identifier} for identifier in sorted(identifiers)]}
        if self.source == redrive.EVENT_SOURCE:
            response["quarantined"] = [
                {"itemIdentifier": r.delivery_id, "code": fault.code} for r, fault in quarantined
            ]
        return response


def read(event: Any) -> Batch:
    """The batch in a Lambda event, which may still be in its raw JSON (bytes). Raises UnknownEventSource."""
    if isinstance(event, bytes):
        if native.NATIVE and (scanned := native.NATIVE.Envelopes.scan(event)) is not None:
            return Batch(KINESIS, scanned)
        event = json.loads(event)
    envelopes = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(envelopes, list):
        raise UnknownEventSource("expected an event with Records from Kinesis, SNS or SQS; check the trigger")
    if not envelopes:
        return Batch("", [])
    first = envelopes[0] if isinstance(envelopes[0], dict) else {}
    source = first.get("eventSource") or first.get("EventSource")
    if not isinstance(source, str) or source not in _READERS:
        raise UnknownEventSource(f"expected records from {', '.join(_READERS)}, got {source!r}; check the trigger")
    return Batch(source, envelopes)
