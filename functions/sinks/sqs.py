"""SQS as a prediction sink."""

from collections.abc import Sequence
from typing import Any

from sinks.calls import begun
from sinks.message_batch import MessageSink, not_acknowledged
from sinks.messages import Message
from sinks.sink import Wait


class SqsSink(MessageSink):
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html"""

    def __init__(self, sqs: Any, queue_url: str) -> None:
        self._sqs, self._queue_url = sqs, queue_url

    def begin(self, messages: Sequence[Message]) -> Wait:
        entries = [{"Id": str(i), "MessageBody": m.body.decode("ascii")} for i, m in enumerate(messages)]
        answer = begun(self._sqs, "send_message_batch", QueueUrl=self._queue_url, Entries=entries)
        return lambda: not_acknowledged(answer(), len(entries))
