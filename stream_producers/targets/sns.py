"""The event topic: PublishBatch."""

from collections.abc import Sequence
from typing import Any, Protocol, Self

from botocore.exceptions import BotoCoreError, ClientError

from stream_producers.errors import TargetFailed
from stream_producers.event import Event
from stream_producers.targets.aws import call_failed, client
from stream_producers.targets.retry import BatchRetry, Refused, Taken
from stream_producers.targets.target import BatchDelivery, Limits
from stream_producers.targets.text import refusal, verdicts


class SnsClient(Protocol):
    """What of the boto3 client is used."""

    def get_topic_attributes(self, *, TopicArn: str) -> dict[str, Any]: ...  # noqa: N803
    def publish_batch(self, *, TopicArn: str, PublishBatchRequestEntries: list[dict[str, Any]]) -> dict[str, Any]: ...  # noqa: N803


class SnsTarget:
    """An SNS standard topic. Entries that PublishBatch reports as failed are sent again, alone, but for those at
    which the sender is at fault. A call whose answer was lost may have been carried out, and is sent again.
    """

    path = "event_topic"
    text_only = True
    # https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html: 10 messages, 256 KiB together
    limits = Limits(records=10, batch_bytes=256 * 2**10, event_bytes=256 * 2**10, calls=8)

    def __init__(self, arn: str, sns: SnsClient, retry: BatchRetry | None = None) -> None:
        self._arn, self._sns, self._retry = arn, sns, retry or BatchRetry()

    @classmethod
    def open(cls, arn: str, sns: SnsClient | None = None, retry: BatchRetry | None = None) -> Self:
        """The topic with that ARN. Raises TargetFailed where it does not exist or cannot be reached."""
        try:
            sns = sns or client("sns", cls.limits.calls)
            sns.get_topic_attributes(TopicArn=arn)
        except (ClientError, BotoCoreError) as error:
            raise TargetFailed(str(call_failed(error, f"event topic {arn}"))) from error
        return cls(arn, sns, retry)

    def size(self, event: Event) -> int:
        return len(event.data)

    def refusal(self, event: Event) -> str | None:
        return refusal(event, "an SNS message")

    def send(self, batch: Sequence[Event]) -> BatchDelivery:
        return self._retry.deliver(batch, self._publish)

    def stop(self) -> None:
        self._retry.stop()

    def _publish(self, events: Sequence[Event]) -> Sequence[Taken | Refused]:
        entries = [{"Id": str(i), "Message": event.data.decode()} for i, event in enumerate(events)]
        try:
            response = self._sns.publish_batch(TopicArn=self._arn, PublishBatchRequestEntries=entries)
        except (ClientError, BotoCoreError) as error:
            raise call_failed(error, f"event topic {self._arn}") from error
        return verdicts(response, len(entries), self._arn, f"event topic {self._arn}")
