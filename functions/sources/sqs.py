"""SQS messages: the body is an SNS notification in its JSON envelope, or the event itself.

https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
"""

from __future__ import annotations

import json

from records.record import Record, is_partition_key
from sources import sns
from sources.lambda_records import LambdaRecords, batch_item_failures
from sources.layout import MILLISECONDS, TEXT, EnvelopeLayout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from records.delivered import Delivered

_GROUP = "MessageGroupId"
_FIFO = ".fifo"  # how the ARNs of FIFO queues end


class SqsSource(LambdaRecords):
    """One record per message. Its partition key is its group, if it has one."""

    name, event_source = "sqs", "aws:sqs"
    layout = EnvelopeLayout(
        claim="/eventSource",
        claimed_by=event_source,
        type=name,
        payload="/body",
        encoding=TEXT,
        arn="/eventSourceARN",
        position="/messageId",
        partition_key=f"/attributes/{_GROUP}",
        optional_key=True,
        arrived_at="/attributes/SentTimestamp",
        arrival_unit=MILLISECONDS,
        inner=sns.NOTIFICATION,
    )

    def records(self, envelope: Any, model: str) -> list[Record]:
        return [_queued_notification(envelope, model) or _plain(envelope, model)]

    def arrived_at(self, envelopes: Sequence[Any]) -> float | None:
        """Messages arrive in any order."""
        return min(map(_sent_at, envelopes))

    def respond(self, envelopes: Sequence[Any], delivered: Delivered) -> dict[str, Any]:
        """Of a FIFO queue, a message that failed takes those of its group that follow it with it.

        Else they would be deleted, and it would come after them.
        https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-errorhandling.html
        """
        failed, groups = {record.delivery_id for record in delivered.failed}, set()
        if failed:
            for envelope in envelopes:
                group = envelope["eventSourceARN"].endswith(_FIFO) and envelope["attributes"][_GROUP]
                if envelope["messageId"] in failed or group in groups:
                    failed.add(envelope["messageId"])
                    groups |= {group} if group else set()
        return batch_item_failures(failed)


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
    group = envelope["attributes"].get(_GROUP, "")
    return Record(
        model=model,
        source="sqs",
        arn=envelope["eventSourceARN"],
        position=message_id,
        partition_key=group if is_partition_key(group) else message_id,
        arrived_at=_sent_at(envelope),
        data=envelope["body"].encode("utf-8", "surrogatepass"),
        delivery_id=message_id,
    )


def _sent_at(envelope: Any) -> float:
    """Seconds since the epoch."""
    return int(envelope["attributes"]["SentTimestamp"]) / 1000
