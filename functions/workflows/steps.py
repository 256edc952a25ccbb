"""The steps of one item: preprocess and predict. What can never succeed raises an error that names the reason."""

from __future__ import annotations

import base64
import json
from datetime import datetime

from records.faults import Code, Fault, Ignored
from records.record import MAX_KEY, Record
from scoring.engine.reference import ReferenceTable
from scoring.validate import Row
from sinks.messages import Limit, MessageList
from sources.batch_item import BatchItemSource, digest
from sources.positions import object_position
from workflows.errors import ItemMissing, ItemTooLarge, ItemUnreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from scoring.variant import Variant
    from workflows.run import WorkflowItem

_GONE = ("NoSuchKey", "NoSuchVersion", "PreconditionFailed", "404", "412")
UNLIMITED = Limit(1 << 62, with_keys=False)
UNVERSIONED = "null"


class FetchedObject:
    """An object's bytes, and its version, or ETag."""

    def __init__(self, data: bytes, version: str) -> None:
        self.data, self.version = data, version


def fetched(s3: Any, bucket: str, item: WorkflowItem, most: int) -> FetchedObject:
    """The version that was split. Raises ItemMissing, ItemTooLarge, and what the client raises."""
    pinned = {"VersionId": item.version} if item.version else {"IfMatch": f'"{item.etag}"'} if item.etag else {}
    if item.size > most:
        raise _too_large(item.size, most)
    try:
        found = s3.get_object(Bucket=bucket, Key=item.key, **pinned)
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in _GONE:
            raise ItemMissing(f"s3://{bucket}/{item.key}: expected an object, found none; or another version") from None
        raise
    if found["ContentLength"] > most:
        found["Body"].close()
        raise _too_large(found["ContentLength"], most)
    version = found.get("VersionId") or ""
    named = version if version not in ("", UNVERSIONED) else found["ETag"].strip('"')
    return FetchedObject(found["Body"].read(), named)


def preprocess(record: Record, variant: Variant) -> dict[str, Any]:
    """The row of the item, as the version reads it: an image decoded and resized, say. Raises ItemUnreadable."""
    table = ReferenceTable(variant)
    try:
        row = variant.reader.read(record)
        table.add(record)
    except Ignored:
        raise ItemUnreadable("expected an event, got what the manifest's event.ignore leaves out") from None
    except Fault as fault:
        kind = ItemTooLarge if fault.code == Code.INPUT_TOO_LARGE else ItemUnreadable
        raise kind(f"{fault.code} at {fault.path or 'the event'}: {fault.detail}") from None
    return {
        "event_id": row.event_id,
        "passthrough": row.passthrough,
        "ignored_members": row.ignored_members,
        "row": base64.b64encode(table.matrix()).decode("ascii"),
    }


def predict(record: Record, prepared: dict[str, Any], variant: Variant, now: float) -> dict[str, Any]:
    """The prediction of a row that was preprocessed for this version. Raises ItemUnreadable."""
    table = PreparedTable(variant, record, prepared)
    table.predict()
    messages = MessageList()
    if unfit := table.encode(now, UNLIMITED, messages):
        raise ItemUnreadable(str(unfit[0][1]))
    read: dict[str, Any] = json.loads(messages[0].body)
    return read


class PreparedTable(ReferenceTable):
    """One row that was read before."""

    def __init__(self, variant: Variant, record: Record, prepared: dict[str, Any]) -> None:
        super().__init__(variant)
        self._records = [record]
        self._rows = [Row(prepared["event_id"], (), prepared["ignored_members"], prepared["passthrough"])]
        self._matrix.data = bytearray(base64.b64decode(prepared["row"]))
        self._matrix.rows = 1


def record_of(model: str, bucket_arn: str, key: str, version: str, modified_at: str, data: bytes) -> Record:
    """The item as a record of a batch: with the identity that a batch of objects gives it."""
    position = object_position(key, version)
    return Record(
        model=model,
        source=BatchItemSource.name,
        arn=bucket_arn,
        position=position,
        partition_key=position if len(position) <= MAX_KEY else digest(position),
        arrived_at=datetime.fromisoformat(modified_at).timestamp(),
        data=data,
        delivery_id=position,
    )


def _too_large(size: int, most: int) -> ItemTooLarge:
    return ItemTooLarge(f"expected an object of up to {most:,} bytes, got {size:,}")
