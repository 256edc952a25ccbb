"""Changes of a DynamoDB table: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html

The event is the new image, as plain JSON. An item that was removed has none, and gives no record.
"""

from __future__ import annotations

import json

from records.dynamodb_image import plain_image
from records.faults import Fault
from records.record import Record, is_partition_key
from sources.lambda_records import StreamRecords

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


class DynamoDbSource(StreamRecords):
    """One record per change. Its partition key is the item's key."""

    name, event_source = "dynamodb", "aws:dynamodb"

    def records(self, envelope: Any, model: str) -> list[Record]:
        change, position = envelope["dynamodb"], envelope["eventID"]
        if envelope["eventName"] == "REMOVE":
            return []
        data, fault = _event(change)
        return [
            Record(
                model=model,
                source=self.name,
                arn=envelope["eventSourceARN"],
                position=position,
                partition_key=_key(change["Keys"]) or position,
                arrived_at=float(change["ApproximateCreationDateTime"]),
                data=data,
                delivery_id=self.sequence_number(envelope),
                fault=fault,
            )
        ]

    def arrived_at(self, envelopes: Sequence[Any]) -> float | None:
        return min(float(envelope["dynamodb"]["ApproximateCreationDateTime"]) for envelope in envelopes)

    def sequence_number(self, envelope: Any) -> str:
        number: str = envelope["dynamodb"]["SequenceNumber"]
        return number


def _event(change: Any) -> tuple[bytes, Fault | None]:
    """The new image as JSON; the change itself, with the fault, where it has none that can be read."""
    try:
        event: Any = plain_image(change.get("NewImage", {"": None}), "/dynamodb/NewImage")
    except Fault as fault:
        return _json(change), fault.kept()
    return _json(event), None


def _json(value: Any) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def _key(attributes: Any) -> str:
    """The values of the key's attributes, by their names; empty where that is no valid partition key."""
    key = "|".join(str(value) for _, typed in sorted(attributes.items()) for value in typed.values())
    return key if is_partition_key(key) else ""
