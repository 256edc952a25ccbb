"""SNS notifications: delivered to the function directly, or in the body of an SQS message.

https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
"""

from __future__ import annotations

from records.record import Record, is_partition_key
from sources.lambda_records import AsynchronousRecords, seconds
from sources.layout import RFC3339, TEXT, EnvelopeLayout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


def _layout(claim: str, claimed_by: str, notification: str) -> EnvelopeLayout:
    """Of envelopes that have the notification at the path `notification`."""
    return EnvelopeLayout(
        claim=claim,
        claimed_by=claimed_by,
        type="sns",
        payload=f"{notification}/Message",
        encoding=TEXT,
        arn=f"{notification}/TopicArn",
        position=f"{notification}/MessageId",
        partition_key=f"{notification}/MessageAttributes/partition_key/Value",
        optional_key=True,
        arrived_at=f"{notification}/Timestamp",
        arrival_unit=RFC3339,
    )


NOTIFICATION = _layout("/Type", "Notification", "")  # alone, as in the body of an SQS message


class SnsSource(AsynchronousRecords):
    """Direct delivery: one notification per invocation."""

    name, event_source = "sns", "aws:sns"
    layout = _layout("/EventSource", event_source, "/Sns")

    def records(self, envelope: Any, model: str) -> list[Record]:
        return [notified(envelope["Sns"], envelope["Sns"]["MessageId"], model)]

    def arrived_at(self, envelopes: Sequence[Any]) -> float | None:
        return seconds(envelopes[0]["Sns"]["Timestamp"])


def notified(notification: Any, delivery_id: str, model: str) -> Record:
    """The record of a notification. Raises KeyError, TypeError, ValueError and the like if it is invalid."""
    message_id: str = notification["MessageId"]
    if not is_partition_key(message_id):
        raise ValueError("MessageId: expected a valid partition key")
    return Record(
        model=model,
        source="sns",
        arn=notification["TopicArn"],
        position=message_id,
        partition_key=_partition_key(notification) or message_id,
        arrived_at=seconds(notification["Timestamp"]),
        data=notification["Message"].encode("utf-8", "surrogatepass"),
        delivery_id=delivery_id,
    )


def _partition_key(notification: Any) -> str:
    """The message attribute `partition_key`; empty if absent, or not a valid partition key."""
    attribute = (notification.get("MessageAttributes") or {}).get("partition_key") or {}
    key: str = attribute.get("Value", "")
    return key if is_partition_key(key) else ""
