"""Redriven records, from the quarantine, the failure store or the dead-letter queue.

`millrace redrive` invokes the function with them. Each has its original position, and so its original prediction id,
variant and `source`. `envelope` writes what `RedriveSource` reads.

The response reports each record by its prediction id. With `"reply": true` in the event, the records are only scored:
the response has their predictions and faults, and nothing is published or quarantined.
"""

from __future__ import annotations

import base64
import json

from records import kpl
from records.faults import Code, Fault
from records.record import Record, is_partition_key
from sources.kinesis import UserRecord, decoded, unpack
from sources.lambda_records import LambdaRecords, seconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from records.delivered import Delivered

REPLY = "reply"
# Faults of a source that redriven bytes show again, unless the scorer has learnt to read them.
FOUND_AGAIN = (Code.INVALID_BASE64, Code.INVALID_AGGREGATE)


class RedriveSource(LambdaRecords):
    """One record per envelope; many if an aggregate that was quarantined as a whole can be deaggregated now."""

    name, event_source = "redrive", "millrace:redrive"
    names_ignored = True

    def records(self, envelope: Any, model: str) -> list[Record]:
        """The records of an envelope; their delivery id is the prediction id of the envelope's position."""
        source, key, text = envelope["source"], envelope["partition_key"], envelope["data"]
        if not is_partition_key(key):
            raise ValueError("partition_key: expected a valid partition key")
        users = _users(source, UserRecord(key, *decoded(text)))
        own = _fault(envelope.get("fault"))
        records = [_record(_place(source, user), user, model, own) for user in users]
        alone = len(users) == 1 and users[0].subsequence is None  # then its position is the envelope's
        whole = records[0] if alone else _record(source, UserRecord(key, b""), model)
        for record in records:
            record.delivery_id = whole.prediction_id
        return records

    def arrived_at(self, envelopes: Sequence[Any]) -> float | None:
        """None: the age of redriven records does not measure the scorer's delay."""
        return None

    def replies(self, event: Any) -> bool:
        return bool(event.get(REPLY))

    def respond(self, envelopes: Sequence[Any], delivered: Delivered) -> dict[str, Any]:
        response = super().respond(envelopes, delivered)
        response["quarantined"] = [
            {"itemIdentifier": record.delivery_id, "code": fault.code, "path": fault.path, "detail": fault.detail}
            for record, fault in delivered.rejected
        ]
        response["ignored"] = [{"itemIdentifier": delivery_id} for delivery_id in sorted(delivered.ignored)]
        response["predictions"] = [
            {"itemIdentifier": record.delivery_id, "prediction": json.loads(body)}
            for record, body in delivered.predictions
        ]
        return response


def envelope(record: Record) -> dict[str, Any]:
    """The envelope that is read as `record` again, with the same fault if its original envelope was invalid."""
    base64_itself = record.fault is not None and record.fault.code == Code.INVALID_BASE64
    data = record.data.decode() if base64_itself else base64.b64encode(record.data).decode("ascii")
    return enveloped(record.describe(), record.partition_key, data, record.fault)


def enveloped(source: dict[str, Any], partition_key: str, data: str, fault: Fault | None = None) -> dict[str, Any]:
    """source : the `source` member of a prediction or quarantine entry. data : base64, or the original invalid text.

    fault : the source's own, of an envelope that is not kept; left out where it is found again in `data`.
    """
    members = {"eventSource": RedriveSource.event_source, "source": source, "partition_key": partition_key}
    if fault is not None and fault.code not in FOUND_AGAIN:
        members["fault"] = {"code": fault.code, "path": fault.path, "detail": fault.detail}
    return members | {"data": data}


def _fault(members: dict[str, str] | None) -> Fault | None:
    return None if members is None else Fault(Code(members["code"]), members["path"], members["detail"])


def _users(source: dict[str, Any], whole: UserRecord) -> list[UserRecord]:
    """Only a whole Kinesis record can be an aggregate; a user record has a subsequence."""
    if whole.data.startswith(kpl.MAGIC) and source["type"] == "kinesis" and "subsequence" not in source:
        return unpack(whole)
    return [whole]


def _place(source: dict[str, Any], user: UserRecord) -> dict[str, Any]:
    return source if user.subsequence is None else source | {"subsequence": user.subsequence}


def _record(source: dict[str, Any], user: UserRecord, model: str, own: Fault | None = None) -> Record:
    """Without a delivery id."""
    return Record(
        model=model,
        source=source["type"],
        arn=source["arn"],
        shard=source.get("shard", ""),
        position=source["position"],
        subsequence=source.get("subsequence"),
        index=source.get("index"),
        partition_key=user.partition_key,
        arrived_at=seconds(source["arrived_at"]),
        data=user.data,
        delivery_id="",
        fault=user.fault or own,
    )
