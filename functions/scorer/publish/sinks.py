"""The three prediction sinks behind one interface: limits, and one call that tells which entries failed."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

import native
from aws_client.errors import describe, is_failed_call, may_pass
from scorer.publish.messages import Call, Message

MIB = 1024 * 1024
KIB = 1024

# Waits for the answer to a call; the indices of the entries not acknowledged.
Wait = Callable[[], list[int]]

# What a garbled body leads botocore's parsers to; our own client has an error for that.
_UNREADABLE = (ValueError, TypeError, AttributeError, LookupError)


class SinkUnavailable(Exception):
    """The whole call failed in a way that may pass: a throttle, a server error, a time-out."""


class SinkRefused(Exception):
    """The whole call failed in a way that will not pass within this invocation: access, a missing sink."""


class Sink(Protocol):
    """Where predictions go. `max_entries` and `max_bytes` bound one call, `max_entry_bytes` one message.

    `counts_keys` tells whether partition keys count towards the bytes.

    A message counts as sent only where the answer says so: what an answer leaves out, or contradicts itself about, is
    sent again, because consumers can drop a prediction that came twice, and nobody can make up for a lost one.
    """

    max_entries: int
    max_bytes: int
    max_entry_bytes: int
    counts_keys: bool

    def begin(self, messages: Sequence[Message]) -> Wait:
        """Begin to send one call's worth: calls that have begun are in flight together. No Wait may be left out.

        It raises SinkUnavailable and SinkRefused, and so does what it gives.
        """

    def send(self, messages: Sequence[Message]) -> list[int]:
        """The same in one step."""
        return self.begin(messages)()


class KinesisSink(Sink):
    """PutRecords: 500 records, 10 MiB; a record 1 MiB with its key.

    https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html (5 MiB until 2025: kept as the bound)
    """

    max_entries = 500
    max_bytes = 5 * MIB
    max_entry_bytes = MIB
    counts_keys = True

    def __init__(self, kinesis: Any, stream_arn: str) -> None:
        self._kinesis, self._stream_arn = kinesis, stream_arn
        self._takes_bodies = hasattr(kinesis, "begin_put_records_json")  # our own client does, boto3's does not

    def begin(self, messages: Sequence[Message]) -> Wait:
        if isinstance(messages, Call) and hasattr(messages.messages, "put_records") and self._takes_bodies:
            return self._begin_ready_made(messages, messages.messages)
        entries = [{"Data": body, "PartitionKey": key} for key, body in messages]
        return put_records(self._kinesis, self._stream_arn, entries)

    def _begin_ready_made(self, call: Call, messages: Any) -> Wait:
        """The same where the native engine writes the request, and reads the answer if it is a plain yes."""
        # Made when it is sent, and not kept: a batch's bodies together have megabytes.
        body = partial(messages.put_records, self._stream_arn, call.indices)
        reply = _begun(self._kinesis, "put_records_json", body, self._stream_arn)

        def wait() -> list[int]:
            answer = reply()
            if native.NATIVE and native.NATIVE.acknowledges(answer.body, len(call)):
                return []
            return _not_taken(_answered("put_records_json", lambda: self._kinesis.answer(answer)), len(call))

        return wait


class _MessageSink(Sink):
    """SNS PublishBatch and SQS SendMessageBatch: 10 messages, 256 KiB together."""

    max_entries = 10
    max_bytes = 256 * KIB
    max_entry_bytes = 256 * KIB
    counts_keys = False


class SnsSink(_MessageSink):
    """https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html"""

    def __init__(self, sns: Any, topic_arn: str) -> None:
        self._sns, self._topic_arn = sns, topic_arn

    def begin(self, messages: Sequence[Message]) -> Wait:
        entries = [{"Id": str(i), "Message": m.body.decode("ascii")} for i, m in enumerate(messages)]
        answer = _begun(self._sns, "publish_batch", TopicArn=self._topic_arn, PublishBatchRequestEntries=entries)
        return lambda: _not_acknowledged(answer(), len(entries))


class SqsSink(_MessageSink):
    """https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html"""

    def __init__(self, sqs: Any, queue_url: str) -> None:
        self._sqs, self._queue_url = sqs, queue_url

    def begin(self, messages: Sequence[Message]) -> Wait:
        entries = [{"Id": str(i), "MessageBody": m.body.decode("ascii")} for i, m in enumerate(messages)]
        answer = _begun(self._sqs, "send_message_batch", QueueUrl=self._queue_url, Entries=entries)
        return lambda: _not_acknowledged(answer(), len(entries))


def put_records(kinesis: Any, stream_arn: str, entries: Sequence[dict[str, Any]]) -> Wait:
    """Begin one call. Raises SinkUnavailable, SinkRefused, and so does what it gives."""
    answer = _begun(kinesis, "put_records", StreamARN=stream_arn, Records=entries)
    return lambda: _not_taken(answer(), len(entries))


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


def _begun(client: Any, operation: str, *arguments: Any, **named: Any) -> Callable[[], Any]:
    """A call that was begun, if the client makes calls in two steps as our own does; else one that was made."""
    if begin := getattr(client, f"begin_{operation}", None):
        wait = _answered(operation, lambda: begin(*arguments, **named))
        return lambda: _answered(operation, wait)
    answer = _answered(operation, lambda: getattr(client, operation)(*arguments, **named))
    return lambda: answer


def _answered(operation: str, step: Callable[[], Any]) -> Any:
    try:
        return step()
    except _UNREADABLE as error:  # the call may have been committed
        raise SinkUnavailable(f"{operation}: expected an answer, got {type(error).__name__}") from None
    except Exception as error:
        if not is_failed_call(error):
            raise
        failure = SinkUnavailable if may_pass(error) else SinkRefused
        raise failure(f"{operation}: {describe(error)}") from None
