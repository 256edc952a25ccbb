"""Kinesis as a prediction sink."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import native
from sinks.calls import answered, begun
from sinks.messages import Call, Message
from sinks.sink import MIB, Sink, Wait


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
        reply = begun(self._kinesis, "put_records_json", body, self._stream_arn)

        def wait() -> list[int]:
            answer = reply()
            if native.NATIVE and native.NATIVE.acknowledges(answer.body, len(call)):
                return []
            return not_taken(answered("put_records_json", lambda: self._kinesis.answer(answer)), len(call))

        return wait


def put_records(kinesis: Any, stream_arn: str, entries: Sequence[dict[str, Any]]) -> Wait:
    """Begin one call. Raises SinkUnavailable, SinkRefused, and so does what it gives."""
    answer = begun(kinesis, "put_records", StreamARN=stream_arn, Records=entries)
    return lambda: not_taken(answer(), len(entries))


def not_taken(answer: Any, count: int) -> list[int]:
    """The entries without a sequence number of their own."""
    results = answer.get("Records") or []
    failed = [i for i, result in enumerate(results) if result.get("ErrorCode") or not result.get("SequenceNumber")]
    # Entries and results belong together by their place, so another number of results tells nothing of any.
    if len(results) != count or answer.get("FailedRecordCount", len(failed)) > len(failed):
        return list(range(count))
    return failed
