"""The three prediction sinks behind one interface: limits, and one call that tells which entries failed."""

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import native
from aws_client.errors import describe, is_failed_call, may_pass
from scorer.publish.messages import Call, Message

MIB = 1024 * 1024
KIB = 1024

# What a garbled body leads botocore's parsers to; our own client has an error for that.
_UNREADABLE = (ValueError, TypeError, AttributeError, LookupError)


class SinkUnavailable(Exception):
    """The whole call failed in a way that may pass: a throttle, a server error, a time-out."""


class SinkRefused(Exception):
    """The whole call failed in a way that will not pass within this invocation: access, a missing sink."""


class Sink(Protocol):
    """Where predictions go. `max_entries` and `max_bytes` bound one call, `max_entry_bytes` one message.

    `counts_keys` tells whether partition keys count towards the bytes. Several threads may send at once.

    A message counts as sent only where the answer says so: what an answer leaves out, or contradicts itself about, is
    sent again, because consumers can drop a prediction that came twice, and nobody can make up for a lost one.
    """

    max_entries: int
    max_bytes: int
    max_entry_bytes: int
    counts_keys: bool

    def send(self, messages: Sequence[Message]) -> list[int]:
        """Send one call's worth; the indices of the entries not acknowledged. Raises SinkUnavailable, SinkRefused."""


class KinesisSink:
    """PutRecords: 500 records, 10 MiB; a record 1 MiB with its key.

    https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html (5 MiB until 2025: kept as the bound)
    """

    max_entries = 500
    max_bytes = 5 * MIB
    max_entry_bytes = MIB
    counts_keys = True

    def __init__(self, kinesis: Any, stream_arn: str) -> None:
        self._kinesis, self._stream_arn = kinesis, stream_arn
        self._takes_bodies = hasattr(kinesis, "put_records_json")  # our own client does, boto3's does not

    def send(self, messages: Sequence[Message]) -> list[int]:
        if isinstance(messages, Call) and hasattr(messages.messages, "put_records") and self._takes_bodies:
            return self._send_ready_made(messages, messages.messages)
        entries = [{"Data": body, "PartitionKey": key} for key, body in messages]
        return put_records(self._kinesis, self._stream_arn, entries)

    def _send_ready_made(self, call: Call, messages: Any) -> list[int]:
        """The same where the native engine writes the request, and reads the answer if it is a plain yes."""
        body = messages.put_records(self._stream_arn, call.indices)
        reply = _call(self._kinesis.put_records_json, body, self._stream_arn)
        if native.NATIVE and native.NATIVE.acknowledges(reply.body, len(call)):
            return []
        return _not_taken(_call(self._kinesis.answer, reply), len(call))


class _MessageSink:
    """SNS PublishBatch and SQS SendMessageBatch: 10 messages, 256 KiB together."""

    max_entries = 10
    max_bytes = 256 * KIB
    max_entry_bytes = 256 * KIB
    counts_keys = False


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


def put_records(kinesis: Any, stream_arn: str, entries: Sequence[dict[str, Any]]) -> list[int]:
    """One call; the indices of the entries not acknowledged. Raises SinkUnavailable, SinkRefused."""
    return _not_taken(_call(kinesis.put_records, StreamARN=stream_arn, Records=entries), len(entries))


def _not_taken(answer: Any, count: int) -> list[int]:
    """The entries without a sequence number of their own."""
    results = answer.get("Records") or []
    failed = [i for i, result in enumerate(results) if result.get("ErrorCode") or not result.get("SequenceNumber")]
    # Entries and results belong together by their place, so another number of results tells nothing of any.
    if len(results) != count or answer.get("FailedRecordCount", len(failed)) > len(failed):
        return list(range(count))
    return failed


def _not_acknowledged(answer: Any, count: int) -> list[int]:
    """The entries whose id, which is their index as text, is not among the successful ones alone."""
    sent = _ids(answer, "Successful") - _ids(answer, "Failed")
    return [i for i in range(count) if str(i) not in sent]


def _ids(answer: Any, member: str) -> set[str]:
    return {entry["Id"] for entry in answer.get(member) or [] if "Id" in entry}


def _call(method: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    try:
        return method(*arguments, **named)
    except _UNREADABLE as error:  # the call may have been committed
        raise SinkUnavailable(f"{method.__name__}: expected an answer, got {type(error).__name__}") from None
    except Exception as error:
        if not is_failed_call(error):
            raise
        failure = SinkUnavailable if may_pass(error) else SinkRefused
        raise failure(f"{method.__name__}: {describe(error)}") from None
