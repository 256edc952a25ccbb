"""One PutRecords call with entries, and what its answer acknowledges.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
"""

from __future__ import annotations

from sinks.calls import begun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from sinks.sink import Wait

KIB = 1024
MIB = 1024 * KIB


def put_records(kinesis: Any, stream_arn: str, entries: Sequence[dict[str, Any]]) -> Wait:
    """Begin one call. This and the returned function raise SinkUnavailable, SinkRefused."""
    answer = begun("put_records", lambda: kinesis.begin_put_records(StreamARN=stream_arn, Records=entries))
    return lambda: refused(answer(), len(entries))


def refused(answer: Any, count: int) -> list[int]:
    """The indices of the entries without a sequence number."""
    results = answer.get("Records") or []
    failed = [i for i, result in enumerate(results) if result.get("ErrorCode") or not result.get("SequenceNumber")]
    # Results match entries by their index, so a different number of results is no information about any entry.
    if len(results) != count or answer.get("FailedRecordCount", len(failed)) > len(failed):
        return list(range(count))
    return failed
