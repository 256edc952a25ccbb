"""Kinesis records: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html"""

import binascii
from collections.abc import Iterator
from typing import Any

from scorer.errors import Code, Fault
from scorer.records import Record
from scorer.sources import kpl


def read(envelopes: list[dict[str, Any]]) -> list[Record]:
    """One record an envelope, or one for each user record where the KPL put many into one."""
    return [record for envelope in envelopes for record in _records(envelope)]


def _records(envelope: dict[str, Any]) -> Iterator[Record]:
    body = envelope["kinesis"]
    data, fault = _decoded(body["data"])
    if not data.startswith(kpl.MAGIC):
        yield _record(envelope, body["partitionKey"], data, fault=fault)
        return
    try:
        users = kpl.deaggregate(data)
    except Fault as damaged:
        yield _record(envelope, body["partitionKey"], data, fault=damaged)
        return
    for number, user in enumerate(users):
        yield _record(envelope, user.partition_key, user.data, subsequence=number)


def _decoded(text: str) -> tuple[bytes, Fault | None]:
    """Strict base64, because the lenient decoder drops junk in silence; the text itself where that fails."""
    try:
        return binascii.a2b_base64(text, strict_mode=True), None
    except ValueError:
        return text.encode("utf-8", "replace"), Fault(Code.INVALID_BASE64, "", "expected base64 from the envelope")


def _record(
    envelope: dict[str, Any], key: str, data: bytes, *, subsequence: int | None = None, fault: Fault | None = None
) -> Record:
    body = envelope["kinesis"]
    return Record(
        source="kinesis",
        arn=envelope["eventSourceARN"],
        shard=envelope["eventID"].partition(":")[0],
        position=body["sequenceNumber"],
        subsequence=subsequence,
        partition_key=key,
        arrived_at=body["approximateArrivalTimestamp"],
        data=data,
        delivery_id=body["sequenceNumber"],
        fault=fault,
    )
