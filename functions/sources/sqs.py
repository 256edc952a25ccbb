"""SQS messages: a queued SNS notification in its envelope, or a plain message whose body is the event.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

import json
from typing import Any

from records.record import Record
from sources import sns


def read(envelopes: list[dict[str, Any]]) -> list[Record]:
    return [_queued_notification(envelope) or _plain(envelope) for envelope in envelopes]


def _queued_notification(envelope: dict[str, Any]) -> Record | None:
    """The notification in the body, or None where the body is something else."""
    if '"TopicArn"' not in envelope["body"]:
        return None
    try:
        body = json.loads(envelope["body"])
        if body["Type"] != "Notification":
            return None
        return sns.record(body, envelope["messageId"])
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None


def _plain(envelope: dict[str, Any]) -> Record:
    message_id: str = envelope["messageId"]
    return Record(
        source="sqs",
        arn=envelope["eventSourceARN"],
        shard="",
        position=message_id,
        subsequence=None,
        partition_key=message_id,
        arrived_at=int(envelope["attributes"]["SentTimestamp"]) / 1000,
        data=envelope["body"].encode("utf-8", "surrogatepass"),
        delivery_id=message_id,
    )
