"""SQS as a prediction sink: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html"""

from __future__ import annotations

from sinks.calls import begun
from sinks.message_batch import MessageBatchLimits, unacknowledged

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from records.settings import Settings
    from sinks.messages import Call
    from sinks.sink import Sink, Wait


def make(settings: Settings, client: Callable[[str], Any]) -> Sink:
    """settings : `TARGET`, URL of the queue."""
    return SqsSink(client("sqs"), settings.text("TARGET"))


class SqsSink(MessageBatchLimits):
    """One message per prediction; the partition key is in the prediction."""

    def __init__(self, sqs: Any, queue_url: str) -> None:
        self._sqs, self._queue_url = sqs, queue_url

    def begin(self, call: Call) -> Wait:
        entries = [{"Id": str(i), "MessageBody": message.body.decode("ascii")} for i, message in enumerate(call)]
        answer = begun(
            "send_message_batch",
            lambda: self._sqs.begin_send_message_batch(QueueUrl=self._queue_url, Entries=entries),
        )
        return unacknowledged(answer, len(entries))
