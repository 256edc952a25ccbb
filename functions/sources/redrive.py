"""Redriven records: what lay in quarantine, in the on-failure store or in the dead-letter queue, brought back.

`millrace redrive` calls the function with them. Each stands at the position that it had when it first came, so that
prediction id, variant and `source` are those of the first time. `envelope` writes what `read` reads.
"""

import base64
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from records import kpl
from records.faults import Code
from records.record import Record
from sources import kinesis

EVENT_SOURCE = "millrace:redrive"


def envelope(record: Record) -> dict[str, Any]:
    """The redriven record that `read` turns into `record` again, with the same fault where its envelope was damaged."""
    base64_itself = record.fault is not None and record.fault.code == Code.INVALID_BASE64
    data = record.data.decode() if base64_itself else base64.b64encode(record.data).decode("ascii")
    return enveloped(record.describe(), record.partition_key, data)


def enveloped(source: dict[str, Any], partition_key: str, data: str) -> dict[str, Any]:
    """source : the `source` member of a prediction or quarantine entry. data : base64, or what came in its place."""
    return {"eventSource": EVENT_SOURCE, "source": source, "partition_key": partition_key, "data": data}


def read(envelopes: list[dict[str, Any]]) -> list[Record]:
    """One record an envelope; many where an aggregate that was quarantined whole can be taken apart by now."""
    return [record for envelope in envelopes for record in _records(envelope)]


def _records(envelope: dict[str, Any]) -> Iterator[Record]:
    """All of an envelope's records have the prediction id of the position that it names as their delivery id."""
    source, key, text = envelope["source"], envelope["partition_key"], envelope["data"]
    delivery_id = _record(source, kinesis.User(key, b"")).prediction_id
    for user in _users(source, key, text):
        at = source if user.subsequence is None else source | {"subsequence": user.subsequence}
        yield _record(at, user, delivery_id)


def _users(source: dict[str, Any], key: str, text: str) -> list[kinesis.User]:
    """Only a Kinesis record as it lay in the stream may be an aggregate; a user record of one has a subsequence."""
    data, fault = kinesis.decoded(text)
    if data.startswith(kpl.MAGIC) and source["type"] == "kinesis" and "subsequence" not in source:
        return kinesis.unpack(key, data)
    return [kinesis.User(key, data, fault)]


def _record(source: dict[str, Any], user: kinesis.User, delivery_id: str = "") -> Record:
    return Record(
        source=source["type"],
        arn=source["arn"],
        shard=source.get("shard", ""),
        position=source["position"],
        subsequence=source.get("subsequence"),
        partition_key=user.partition_key,
        arrived_at=datetime.fromisoformat(source["arrived_at"]).timestamp(),
        data=user.data,
        delivery_id=delivery_id,
        fault=user.fault,
    )
