"""SNS notifications: delivered to the function directly, or found in the body of an SQS message.

https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
"""

from datetime import UTC, datetime
from typing import Any

from records.record import Record, is_partition_key


def read(envelopes: list[dict[str, Any]]) -> list[Record]:
    """One record for each notification that came directly; Lambda gives one an invocation."""
    return [record(envelope["Sns"], envelope["Sns"]["MessageId"]) for envelope in envelopes]


def record(notification: dict[str, Any], delivery_id: str) -> Record:
    """The record of one notification, as it stands in an SNS envelope. Raises what a damaged one leads to."""
    message_id: str = notification["MessageId"]
    if not is_partition_key(message_id):
        raise ValueError("MessageId: expected an id that can be a partition key")
    return Record(
        source="sns",
        arn=notification["TopicArn"],
        shard="",
        position=message_id,
        subsequence=None,
        partition_key=_partition_key(notification) or message_id,
        arrived_at=datetime.fromisoformat(notification["Timestamp"]).astimezone(UTC).timestamp(),
        data=notification["Message"].encode("utf-8", "surrogatepass"),
        delivery_id=delivery_id,
    )


def _partition_key(notification: dict[str, Any]) -> str:
    """The message attribute `partition_key`, where a producer set one that Kinesis can take."""
    attribute = (notification.get("MessageAttributes") or {}).get("partition_key") or {}
    key = attribute.get("Value", "")
    return key if is_partition_key(key) else ""
