"""What the answer to PutRecords acknowledges.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

KIB = 1024
MIB = 1024 * KIB


def refused(answer: Any, count: int) -> list[int]:
    """The indices of the entries without a sequence number."""
    results = answer.get("Records") or []
    failed = [i for i, result in enumerate(results) if result.get("ErrorCode") or not result.get("SequenceNumber")]
    # Results match entries by their index, so a different number of results is no information about any entry.
    if len(results) != count or answer.get("FailedRecordCount", len(failed)) > len(failed):
        return list(range(count))
    return failed
