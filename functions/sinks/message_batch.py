"""What SNS and SQS have in common as prediction sinks."""

from typing import Any

from sinks.sink import KIB, Sink


class MessageSink(Sink):
    """SNS PublishBatch and SQS SendMessageBatch: 10 messages, 256 KiB together."""

    max_entries = 10
    max_bytes = 256 * KIB
    max_entry_bytes = 256 * KIB
    counts_keys = False


def not_acknowledged(answer: Any, count: int) -> list[int]:
    """The entries whose id, which is their index as text, is not among the successful ones alone."""
    sent = _ids(answer, "Successful") - _ids(answer, "Failed")
    return [i for i in range(count) if str(i) not in sent]


def _ids(answer: Any, member: str) -> set[str]:
    return {entry["Id"] for entry in answer.get(member) or [] if "Id" in entry}
