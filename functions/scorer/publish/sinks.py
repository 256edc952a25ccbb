"""The three prediction sinks behind one interface: limits, and one call that tells which entries failed."""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from scorer.retry import error_code, may_pass

MIB = 1024 * 1024
KIB = 1024

# What botocore raises for an answer that is no answer: its own error, or whatever a garbled body led its parser to.
_UNREADABLE = (ResponseParserError, ValueError, TypeError, AttributeError, LookupError)


class Message(NamedTuple):
    """One prediction on its way out: the event's own partition key, and the body (ASCII JSON)."""

    partition_key: str
    body: bytes


class SinkUnavailable(Exception):
    """The whole call failed in a way that may pass: a throttle, a server error, a time-out."""


class SinkRefused(Exception):
    """The whole call failed in a way that will not pass within this invocation: access, a missing sink."""


class Sink(Protocol):
    """Where predictions go. `max_entries` and `max_bytes` bound one call, `max_entry_bytes` one message.

    A message counts as sent only where the answer says so: what an answer leaves out, or contradicts itself about, is
    sent again, because consumers can drop a prediction that came twice, and nobody can make up for a lost one.
    """

    max_entries: int
    max_bytes: int
    max_entry_bytes: int

    def size(self, message: Message) -> int:
        """The bytes that count towards the limits."""

    def send(self, messages: Sequence[Message]) -> list[int]:
        """Send one call's worth; the indices of the entries not acknowledged. Raises SinkUnavailable, SinkRefused."""


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
        results = answer.get("Records") or []
        failed = [i for i, result in enumerate(results) if result.get("ErrorCode") or not result.get("SequenceNumber")]
        # Entries and results belong together by their place, so another number of results tells nothing of any.
        if len(results) != len(messages) or answer.get("FailedRecordCount", len(failed)) > len(failed):
            return list(range(len(messages)))
        return failed


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
        return _not_acknowledged(answer, len(messages))


class SqsSink(_MessageSink):
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html"""

    def __init__(self, sqs: Any, queue_url: str) -> None:
        self._sqs, self._queue_url = sqs, queue_url

    def send(self, messages: Sequence[Message]) -> list[int]:
        entries = [{"Id": str(i), "MessageBody": m.body.decode("ascii")} for i, m in enumerate(messages)]
        answer = _call(self._sqs.send_message_batch, QueueUrl=self._queue_url, Entries=entries)
        return _not_acknowledged(answer, len(messages))


def make_sink(kind: str, target: str, client: Callable[[str], Any]) -> Sink:
    """The sink of type `kind` (kinesis, sns, sqs); `client` makes the client of a service."""
    sinks: dict[str, Callable[[Any, str], Sink]] = {"kinesis": KinesisSink, "sns": SnsSink, "sqs": SqsSink}
    return sinks[kind](client(kind), target)


def _not_acknowledged(answer: Any, count: int) -> list[int]:
    """The entries whose id, which is their index as text, is not among the successful ones alone."""
    sent = _ids(answer, "Successful") - _ids(answer, "Failed")
    return [i for i in range(count) if str(i) not in sent]


def _ids(answer: Any, member: str) -> set[str]:
    return {entry["Id"] for entry in answer.get(member) or [] if "Id" in entry}


def _call(method: Callable[..., Any], **arguments: Any) -> Any:
    try:
        return method(**arguments)
    except ClientError as error:
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        failure = SinkUnavailable if may_pass(error) else SinkRefused
        raise failure(f"{method.__name__}: {error_code(error)} (HTTP {status})") from None
    except BotoCoreError as error:  # connections and time-outs: the call may have been committed
        raise SinkUnavailable(f"{method.__name__}: {type(error).__name__}") from None
    except _UNREADABLE as error:  # so may this one
        raise SinkUnavailable(f"{method.__name__}: expected an answer, got {type(error).__name__}") from None
