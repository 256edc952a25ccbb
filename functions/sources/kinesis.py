"""Kinesis records: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html"""

from __future__ import annotations

import binascii

from records import kpl
from records.faults import Code, Fault
from records.record import Record
from records.values import Value
from sources.lambda_records import StreamRecords
from sources.layout import BASE64, SECONDS, EnvelopeLayout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


class KinesisSource(StreamRecords):
    """One record per envelope, or one for each user record of a KPL aggregate."""

    name, event_source = "kinesis", "aws:kinesis"
    layout = EnvelopeLayout(
        claim="/eventSource",
        claimed_by=event_source,
        type=name,
        payload="/kinesis/data",
        encoding=BASE64,
        arn="/eventSourceARN",
        shard="/eventID",
        position="/kinesis/sequenceNumber",
        partition_key="/kinesis/partitionKey",
        arrived_at="/kinesis/approximateArrivalTimestamp",
        arrival_unit=SECONDS,
        aggregate=kpl.MAGIC,
    )

    def records(self, envelope: Any, model: str) -> list[Record]:
        body = envelope["kinesis"]
        data, fault = decoded(body["data"])
        whole = UserRecord(body["partitionKey"], data, fault)
        users = unpack(whole) if data.startswith(kpl.MAGIC) else [whole]
        return [_record(envelope, model, user) for user in users]

    def arrived_at(self, envelopes: Sequence[Any]) -> float | None:
        return min(float(envelope["kinesis"]["approximateArrivalTimestamp"]) for envelope in envelopes)

    def sequence_number(self, envelope: Any) -> str:
        number: str = envelope["kinesis"]["sequenceNumber"]
        return number


class UserRecord(Value):
    """What a producer put: a whole record, or a user record of a KPL aggregate, with the index `subsequence`."""

    partition_key: str
    data: bytes
    fault: Fault | None = None
    subsequence: int | None = None


def decoded(text: str) -> tuple[bytes, Fault | None]:
    """Decode base64 strictly, because the lenient decoder ignores invalid characters; the text itself if that fails."""
    try:
        return binascii.a2b_base64(text, strict_mode=True), None
    except ValueError:
        return text.encode("utf-8", "replace"), Fault(Code.INVALID_BASE64, "", "expected base64 from the envelope")


def unpack(whole: UserRecord) -> list[UserRecord]:
    """The user records of an aggregate; an invalid aggregate is one record with a fault."""
    try:
        users = kpl.deaggregate(whole.data)
    except Fault as damaged:
        return [UserRecord(whole.partition_key, whole.data, damaged.kept())]
    return [UserRecord(key, data, None, number) for number, (key, data) in enumerate(users)]


def _record(envelope: Any, model: str, user: UserRecord) -> Record:
    body = envelope["kinesis"]
    return Record(
        model=model,
        source="kinesis",
        arn=envelope["eventSourceARN"],
        shard=envelope["eventID"].partition(":")[0],
        position=body["sequenceNumber"],
        subsequence=user.subsequence,
        partition_key=user.partition_key,
        arrived_at=body["approximateArrivalTimestamp"],
        data=user.data,
        delivery_id=body["sequenceNumber"],
        fault=user.fault,
    )
