"""What the answer to PutRecords acknowledges.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
"""

from __future__ import annotations

from sinks import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

KIB = 1024
MIB = 1024 * KIB


def refused(answer: Any, count: int) -> list[int]:
    """The indices of the entries without a sequence number."""
    return counted.refused(answer, count, results="Records", identifier="SequenceNumber", failures="FailedRecordCount")
