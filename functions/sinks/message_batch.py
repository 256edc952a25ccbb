"""What SNS and SQS have in common as prediction sinks: 10 messages a call, 256 KiB together."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sinks.sink import Wait

KIB = 1024


class MessageBatchLimits:
    """SNS PublishBatch and SQS SendMessageBatch."""

    max_entries = 10
    max_bytes = 256 * KIB
    max_entry_bytes = 256 * KIB
    counts_keys = False


def unacknowledged(answer: Callable[[], Any], count: int) -> Wait:
    """Waits for an answer: the entries whose id, their index as text, is not among the successful ones alone."""

    def wait() -> list[int]:
        told = answer()
        sent = _ids(told, "Successful") - _ids(told, "Failed")
        return [i for i in range(count) if str(i) not in sent]

    return wait


def _ids(answer: Any, member: str) -> set[str]:
    return {entry["Id"] for entry in answer.get(member) or [] if "Id" in entry}
