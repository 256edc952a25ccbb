"""Rows of a batch: what the batch function reads from an object in S3, and gives to the scorer as records.

`event` writes what `BatchItemSource` reads. A row's position is its object's bucket, key and version, and the row, from
0; a whole object has no row. docs/contracts.md, Identity.
"""

from __future__ import annotations

import binascii
import hashlib
import json

from records.record import MAX_KEY, Record, is_partition_key
from sources.kinesis import decoded
from sources.lambda_records import LambdaRecords, seconds
from sources.layout import BASE64, RFC3339, EnvelopeLayout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any


class BatchItemSource(LambdaRecords):
    """One record per envelope: a row of an object, or the object."""

    name, event_source = "batch_item", "millrace:batch_item"
    layout = EnvelopeLayout(
        claim="/eventSource",
        claimed_by=event_source,
        type=name,
        payload="/data",
        encoding=BASE64,
        arn="/bucketArn",
        position="/position",
        partition_key="/partitionKey",
        arrived_at="/modifiedAt",
        arrival_unit=RFC3339,
    )

    def records(self, envelope: Any, model: str) -> list[Record]:
        data, fault = decoded(envelope["data"])
        if not is_partition_key(envelope["partitionKey"]):
            raise ValueError("partitionKey: expected a valid partition key")
        return [
            Record(
                model=model,
                source=self.name,
                arn=envelope["bucketArn"],
                position=envelope["position"],
                partition_key=envelope["partitionKey"],
                arrived_at=seconds(envelope["modifiedAt"]),
                data=data,
                delivery_id=envelope["position"],
                fault=fault,
            )
        ]

    def arrived_at(self, envelopes: Sequence[Any]) -> float | None:
        return min(seconds(envelope["modifiedAt"]) for envelope in envelopes)


def event(bucket_arn: str, modified_at: str, rows: Iterable[tuple[str, bytes]]) -> bytes:
    """The raw event of rows of one object: each its position, and its bytes.

    modified_at : when the object was written: RFC 3339 in UTC, with milliseconds.
    """
    head = (
        f'{{"eventSource":"{BatchItemSource.event_source}","bucketArn":{json.dumps(bucket_arn)},'
        f'"modifiedAt":{json.dumps(modified_at)},"position":'
    )
    envelopes = [
        f'{head}{(place := json.dumps(at))},"partitionKey":{place if len(at) <= MAX_KEY else json.dumps(digest(at))},'
        f'"data":"{binascii.b2a_base64(data, newline=False).decode()}"}}'
        for at, data in rows
    ]
    return f'{{"Records":[{",".join(envelopes)}]}}'.encode()


def digest(text: str) -> str:
    """The partition key of a position that is too long for one."""
    return hashlib.sha256(text.encode()).hexdigest()
