"""The event stream: PutRecords."""

from collections.abc import Sequence
from typing import Any, Protocol, Self

from botocore.exceptions import BotoCoreError, ClientError

from stream_producers.errors import TargetFailed
from stream_producers.event import Event
from stream_producers.targets.aws import call_failed, client
from stream_producers.targets.retry import BatchRetry, Refused, Taken
from stream_producers.targets.target import BatchDelivery, Limits


class KinesisClient(Protocol):
    """What of the boto3 client is used."""

    def describe_stream_summary(self, *, StreamName: str) -> dict[str, Any]: ...  # noqa: N803
    def put_records(self, *, StreamName: str, Records: list[dict[str, Any]]) -> dict[str, Any]: ...  # noqa: N803


class KinesisTarget:
    """A Kinesis stream. Entries that PutRecords reports as failed are sent again, alone.

    A call whose answer was lost may have been carried out, and is sent again all the same: the event is then twice
    in the stream, with two prediction ids, of which the receipt holds the second.
    """

    path = "event_stream"
    text_only = False
    # PutRecords takes 500 records; 5 MiB is what every version of the service takes, newer ones take 10. A record
    # is at most 1 MiB unless the stream was set up otherwise. Partition keys count.
    # https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
    limits = Limits(records=500, batch_bytes=5 * 2**20, event_bytes=2**20, calls=8)

    def __init__(self, name: str, arn: str, kinesis: KinesisClient, retry: BatchRetry | None = None) -> None:
        self._name, self._arn, self._kinesis, self._retry = name, arn, kinesis, retry or BatchRetry()

    @classmethod
    def open(cls, name: str, kinesis: KinesisClient | None = None, retry: BatchRetry | None = None) -> Self:
        """The stream of that name. Raises TargetFailed where it does not exist or cannot be reached."""
        try:
            kinesis = kinesis or client("kinesis", cls.limits.calls)
            arn = kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]["StreamARN"]
        except (ClientError, BotoCoreError) as error:
            raise TargetFailed(str(call_failed(error, f"event stream {name}"))) from error
        return cls(name, arn, kinesis, retry)

    def size(self, event: Event) -> int:
        return len(event.data) + len(event.partition_key.encode())

    def refusal(self, event: Event) -> str | None:
        if not 1 <= len(event.partition_key) <= 256:
            return "a partition key has from 1 to 256 characters"
        return None

    def send(self, batch: Sequence[Event]) -> BatchDelivery:
        return self._retry.deliver(batch, self._put)

    def stop(self) -> None:
        self._retry.stop()

    def _put(self, events: Sequence[Event]) -> list[Taken | Refused]:
        records = [{"Data": event.data, "PartitionKey": event.partition_key} for event in events]
        try:
            response = self._kinesis.put_records(StreamName=self._name, Records=records)
        except (ClientError, BotoCoreError) as error:
            raise call_failed(error, f"event stream {self._name}") from error
        return [self._verdict(entry) for entry in response["Records"]]

    def _verdict(self, entry: dict[str, Any]) -> Taken | Refused:
        if code := entry.get("ErrorCode"):
            return Refused(f"event stream {self._name}: {code}")
        return Taken((self._arn, entry["ShardId"], entry["SequenceNumber"]))
