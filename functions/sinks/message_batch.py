"""What the SNS and SQS sinks share: up to 10 messages and 256 KiB a call."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from sinks.sink import Wait

KIB = 1024


class MessageBatchLimits:
    """The limits of SNS PublishBatch and SQS SendMessageBatch."""

    max_entries = 10
    max_bytes = 256 * KIB
    max_entry_bytes = 256 * KIB
    counts_keys = False


def unacknowledged(answer: Callable[[], Any], count: int) -> Wait:
    """Returns a function that waits for the response, and returns the indices of the entries that are not successful.

    An entry's id is its index as text. One that the response lists as successful and as failed counts as failed.
    """

    def wait() -> list[int]:
        response = answer()
        sent = _ids(response, "Successful") - _ids(response, "Failed")
        return [i for i in range(count) if str(i) not in sent]

    return wait


def _ids(answer: Any, member: str) -> set[str]:
    return {entry["Id"] for entry in answer.get(member) or [] if "Id" in entry}
