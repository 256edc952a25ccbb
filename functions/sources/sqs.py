"""SQS messages: the body is an SNS notification in its JSON envelope, or the event itself.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

import json

from records.record import Record
from sources import sns
from sources.lambda_records import LambdaRecords
from sources.layout import MILLISECONDS, TEXT, EnvelopeLayout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any


class SqsSource(LambdaRecords):
    """One record per message."""

    name, event_source = "sqs", "aws:sqs"
    layout = EnvelopeLayout(
        claim="/eventSource",
        claimed_by=event_source,
        type=name,
        payload="/body",
        encoding=TEXT,
        arn="/eventSourceARN",
        position="/messageId",
        arrived_at="/attributes/SentTimestamp",
        arrival_unit=MILLISECONDS,
        inner=sns.NOTIFICATION,
    )

    def records(self, envelope: Any, model: str) -> list[Record]:
        return [_queued_notification(envelope, model) or _plain(envelope, model)]

    def arrived_at(self, envelopes: Sequence[Any]) -> float | None:
        """Messages arrive in any order."""
        return min(map(_sent_at, envelopes))


def _queued_notification(envelope: Any, model: str) -> Record | None:
    """The notification in the body, or None where the body is something else."""
    claim = sns.NOTIFICATION.claimed_by
    if f'"{claim}"' not in envelope["body"]:
        return None
    try:
        body = json.loads(envelope["body"])
        if body["Type"] != claim:
            return None
        return sns.notified(body, envelope["messageId"], model)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None


def _plain(envelope: Any, model: str) -> Record:
    message_id: str = envelope["messageId"]
    return Record(
        model=model,
        source="sqs",
        arn=envelope["eventSourceARN"],
        position=message_id,
        partition_key=message_id,
        arrived_at=_sent_at(envelope),
        data=envelope["body"].encode("utf-8", "surrogatepass"),
        delivery_id=message_id,
    )


def _sent_at(envelope: Any) -> float:
    """Seconds since the epoch."""
    return int(envelope["attributes"]["SentTimestamp"]) / 1000
