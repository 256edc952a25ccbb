"""The three prediction sinks behind one interface: limits, and one call that tells which entries failed."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from botocore.exceptions import BotoCoreError, ClientError

from scorer.retry import may_pass

MIB = 1024 * 1024
KIB = 1024


class Message(NamedTuple):
    """One prediction on its way out: the event's own partition key, and the body (ASCII JSON)."""

    partition_key: str
    body: bytes


class SinkUnavailable(Exception):
    """The whole call failed in a way that may pass: a throttle, a server error, a time-out."""


class SinkRefused(Exception):
    """The whole call failed in a way that will not pass within this invocation: access, a missing sink."""


class Sink(Protocol):
    """Where predictions go. `max_entries` and `max_bytes` bound one call, `max_entry_bytes` one message."""

    max_entries: int
    max_bytes: int
    max_entry_bytes: int

    def size(self, message: Message) -> int:
        """The bytes that count towards the limits."""

    def send(self, messages: Sequence[Message]) -> list[int]:
        """Send one call's worth; the indices of the entries that failed. Raises SinkUnavailable, SinkRefused."""


class KinesisSink:
    """PutRecords: 500 records, 10 MiB; a record 1 MiB with its key.

    https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html (5 MiB until 2025: kept as the bound)
    """

    max_entries = 500
    max_bytes = 5 * MIB
    max_entry_bytes = MIB

    def __init__(self, kinesis: Any, stream_arn: str) -> None:
        self._kinesis, self._stream_arn = kinesis, stream_arn

    def size(self, message: Message) -> int:
        return len(message.body) + len(message.partition_key.encode())

    def send(self, messages: Sequence[Message]) -> list[int]:
        entries = [{"Data": body, "PartitionKey": key} for key, body in messages]
        answer = _call(self._kinesis.put_records, StreamARN=self._stream_arn, Records=entries)
        if not answer["FailedRecordCount"]:
            return []
        return [i for i, entry in enumerate(answer["Records"]) if entry.get("ErrorCode")]


class _MessageSink:
    """SNS PublishBatch and SQS SendMessageBatch: 10 messages, 256 KiB together."""

    max_entries = 10
    max_bytes = 256 * KIB
    max_entry_bytes = 256 * KIB

    def size(self, message: Message) -> int:
        return len(message.body)


class SnsSink(_MessageSink):
    """https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html"""

    def __init__(self, sns: Any, topic_arn: str) -> None:
        self._sns, self._topic_arn = sns, topic_arn

    def send(self, messages: Sequence[Message]) -> list[int]:
        entries = [{"Id": str(i), "Message": m.body.decode("ascii")} for i, m in enumerate(messages)]
        answer = _call(self._sns.publish_batch, TopicArn=self._topic_arn, PublishBatchRequestEntries=entries)
        return _failed(answer)


class SqsSink(_MessageSink):
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html"""

    def __init__(self, sqs: Any, queue_url: str) -> None:
        self._sqs, self._queue_url = sqs, queue_url

    def send(self, messages: Sequence[Message]) -> list[int]:
        entries = [{"Id": str(i), "MessageBody": m.body.decode("ascii")} for i, m in enumerate(messages)]
        return _failed(_call(self._sqs.send_message_batch, QueueUrl=self._queue_url, Entries=entries))


def make_sink(kind: str, target: str, client: Callable[[str], Any]) -> Sink:
    """The sink of type `kind` (kinesis, sns, sqs); `client` makes the client of a service."""
    sinks: dict[str, Callable[[Any, str], Sink]] = {"kinesis": KinesisSink, "sns": SnsSink, "sqs": SqsSink}
    return sinks[kind](client(kind), target)


def _failed(answer: Any) -> list[int]:
    return sorted(int(entry["Id"]) for entry in answer.get("Failed", []))


def _call(method: Callable[..., Any], **arguments: Any) -> Any:
    try:
        return method(**arguments)
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        code = error.response.get("Error", {}).get("Code", "")
        failure = SinkUnavailable if may_pass(error) else SinkRefused
        raise failure(f"{method.__name__}: {code} (HTTP {status})") from None
    except BotoCoreError as error:  # connections and time-outs: the call may have been committed
        raise SinkUnavailable(f"{method.__name__}: {type(error).__name__}") from None
