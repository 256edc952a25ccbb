"""The event queue: SendMessageBatch."""

from collections.abc import Sequence
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from stream_producers.event import Event
from stream_producers.targets.aws import call_failed
from stream_producers.targets.retry import BatchRetry, Refused, Taken
from stream_producers.targets.target import BatchDelivery, Limits
from stream_producers.targets.text import refusal, verdicts


class SqsClient(Protocol):
    """What of the boto3 client is used."""

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]: ...  # noqa: N803


class SqsTarget:
    """An SQS standard queue. Entries that SendMessageBatch reports as failed are sent again, alone, but for those at
    which the sender is at fault. A call whose answer was lost may have been carried out, and is sent again.
    """

    path = "event_queue"
    text_only = True
    # 10 messages; together 256 KiB, which most queues have as MaximumMessageSize
    # https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
    limits = Limits(records=10, batch_bytes=256 * 2**10, event_bytes=256 * 2**10, calls=8)

    def __init__(self, arn: str, url: str, sqs: SqsClient, retry: BatchRetry | None = None) -> None:
        self._arn, self._url, self._sqs, self._retry = arn, url, sqs, retry or BatchRetry()

    def size(self, event: Event) -> int:
        return len(event.data)

    def refusal(self, event: Event) -> str | None:
        return refusal(event, "an SQS message")

    def send(self, batch: Sequence[Event]) -> BatchDelivery:
        return self._retry.deliver(batch, self._send)

    def stop(self) -> None:
        self._retry.stop()

    def _send(self, events: Sequence[Event]) -> Sequence[Taken | Refused]:
        entries = [{"Id": str(i), "MessageBody": event.data.decode()} for i, event in enumerate(events)]
        try:
            response = self._sqs.send_message_batch(QueueUrl=self._url, Entries=entries)
        except (ClientError, BotoCoreError) as error:
            raise call_failed(error, f"event queue {self._url}") from error
        return verdicts(response, len(entries), self._arn, f"event queue {self._url}")
