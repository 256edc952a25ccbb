"""The envelopes of one invocation."""

from collections.abc import Iterable, Sequence
from typing import Any

from records.faults import Fault
from records.record import Record
from records.values import Value
from sources import kinesis, redrive, sns, sqs
from sources.errors import RecordsNotPublished

KINESIS = "aws:kinesis"
READERS = {
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
        return READERS[self.source]([self.envelopes[place]])

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
