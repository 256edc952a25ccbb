"""Objects in S3: a notification of the bucket invokes the function, which reads the object it names.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html

A file of rows gives a record for each line, any other object one.
"""

from __future__ import annotations

import hashlib
import json

from records.faults import Fault
from records.record import Record, is_partition_key
from records.values import Value
from sources.errors import UnknownEventSource
from sources.lambda_records import AsynchronousRecords, seconds
from sources.objects import TooLarge
from sources.positions import object_position

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from sources.objects import StoredObjects

_ROWS = (".csv", ".jsonl", ".ndjson")  # how the keys of files end that have an event in each line
_GZIP = ".gz"
_REMOVED = "ObjectRemoved"


class ObjectRow(Value):
    """A row of an object, or an object: its bytes, or why there are none.

    arn : of the bucket. version : of the object. row : from 0; None for a whole object. arrived_at : RFC 3339.
    """

    arn: str
    key: str
    version: str
    row: int | None
    arrived_at: str
    data: bytes
    fault: Fault | None = None


class S3Source(AsynchronousRecords):
    """One record for each row of the objects. Objects that were removed are none."""

    name, event_source = "s3", "aws:s3"
    refers_to_objects = True

    def fetched(self, event: Any, objects: StoredObjects | None) -> Sequence[ObjectRow]:
        """The rows of the objects that an event names. Raises ObjectsUnavailable."""
        if objects is None:
            raise UnknownEventSource("expected events with their data, got one that names an object in S3")
        return [row for named in self._named(event, objects) for row in named]

    def _named(self, event: Any, objects: StoredObjects) -> Iterator[list[ObjectRow]]:
        from urllib.parse import unquote_plus  # only these events need it

        for notification in event["Records"]:
            if not notification["eventName"].startswith(_REMOVED):
                s3 = notification["s3"]
                # S3 encodes a space as `+`, other tools as `%20`.
                key, version = unquote_plus(s3["object"]["key"]), s3["object"].get("versionId", "")
                if is_folder(key):
                    continue
                found = rows(objects, s3["bucket"]["arn"], key, version, notification["eventTime"])
                if not (found and _handed_over(objects, found[0])):
                    yield found

    def records(self, envelope: Any, model: str) -> list[Record]:
        row: ObjectRow = envelope
        position = object_position(row.key, row.version, row.row)
        return [
            Record(
                model=model,
                source=S3Source.name,
                arn=row.arn,
                position=position,
                partition_key=position if is_partition_key(position) else hashlib.sha256(position.encode()).hexdigest(),
                arrived_at=seconds(row.arrived_at),
                data=row.data,
                delivery_id=position,
                fault=row.fault,
            )
        ]

    def arrived_at(self, envelopes: Sequence[Any]) -> float | None:
        return min(seconds(row.arrived_at) for row in envelopes)


def rows(objects: StoredObjects, arn: str, key: str, version: str, arrived_at: str) -> list[ObjectRow]:
    """The rows of one object; one that cannot be read has a fault, and its name for data. Raises ObjectsUnavailable."""

    def row(version: str, number: int | None, data: bytes, fault: Fault | None = None) -> ObjectRow:
        return ObjectRow(arn, key, version, number, arrived_at, data, fault)

    try:
        stored = objects.read(bucket_of(arn), key, version)
    except Fault as fault:
        return [row(version, None, named(arn, key, version), fault.kept())]
    if not has_rows(key):
        return [row(stored.version, None, stored.data)]
    data = stored.data
    if key.endswith(_GZIP):
        from records.gunzip import InflatedTooLarge, gunzip  # only these objects need it

        try:
            data = gunzip(data, objects.most_bytes)
        except InflatedTooLarge as fault:
            large = TooLarge(fault, stored.version, stored.versioned, len(stored.data))
            return [row(version, None, named(arn, key, version), large)]
        except Fault as fault:
            return [row(stored.version, None, named(arn, key, version), fault.kept())]
    lines = data.split(b"\n")
    return [row(stored.version, number, line.removesuffix(b"\r")) for number, line in enumerate(lines) if line.strip()]


def _handed_over(objects: StoredObjects, row: ObjectRow) -> bool:
    """Whether a batch scores the object in place of this invocation. Raises ObjectsUnavailable."""
    large = row.fault
    if not isinstance(large, TooLarge) or objects.large is None or not has_rows(row.key):
        return False
    return objects.large.hand_over(bucket_of(row.arn), row.key, large)


def has_rows(key: str) -> bool:
    """Whether an object has an event in each line."""
    return key.removesuffix(_GZIP).endswith(_ROWS)


def is_folder(key: str) -> bool:
    """Whether an object stands for a folder, as S3's console makes them: it is no event."""
    return key.endswith("/")


def named(arn: str, key: str, version: str = "") -> bytes:
    return json.dumps({"bucket": bucket_of(arn), "key": key, "version": version}).encode("ascii")


def bucket_of(arn: str) -> str:
    return arn.rpartition(":")[2]
