"""Kinesis records: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html"""

import binascii
from collections.abc import Iterator
from typing import Any, NamedTuple

from records import kpl
from records.faults import Code, Fault
from records.record import Record


class User(NamedTuple):
    """What a producer put: all of a record, or one of those that the KPL aggregated in it."""

    partition_key: str
    data: bytes
    fault: Fault | None = None
    subsequence: int | None = None


def read(envelopes: list[dict[str, Any]]) -> list[Record]:
    """One record an envelope, or one for each user record where the KPL put many into one."""
    return [record for envelope in envelopes for record in _records(envelope)]


def decoded(text: str) -> tuple[bytes, Fault | None]:
    """Strict base64, because the lenient decoder drops junk in silence; the text itself where that fails."""
    try:
        return binascii.a2b_base64(text, strict_mode=True), None
    except ValueError:
        return text.encode("utf-8", "replace"), Fault(Code.INVALID_BASE64, "", "expected base64 from the envelope")


def unpack(partition_key: str, data: bytes) -> list[User]:
    """The user records of an aggregate; a damaged one is kept whole, with its fault."""
    try:
        users = kpl.deaggregate(data)
    except Fault as damaged:
        return [User(partition_key, data, damaged)]
    return [User(user.partition_key, user.data, None, number) for number, user in enumerate(users)]


def _records(envelope: dict[str, Any]) -> Iterator[Record]:
    body = envelope["kinesis"]
    data, fault = decoded(body["data"])
    if not data.startswith(kpl.MAGIC):
        yield _record(envelope, body["partitionKey"], data, fault)
        return
    for user in unpack(body["partitionKey"], data):
        yield _record(envelope, *user)


def _record(
    envelope: dict[str, Any], partition_key: str, data: bytes, fault: Fault | None, subsequence: int | None = None
) -> Record:
    body = envelope["kinesis"]
    return Record(
        source="kinesis",
        arn=envelope["eventSourceARN"],
        shard=envelope["eventID"].partition(":")[0],
        position=body["sequenceNumber"],
        subsequence=subsequence,
        partition_key=partition_key,
        arrived_at=body["approximateArrivalTimestamp"],
        data=data,
        delivery_id=body["sequenceNumber"],
        fault=fault,
    )
