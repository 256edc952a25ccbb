"""The sizes that PutRecord and PutRecords accept: the data with the partition key."""

from collections.abc import Sequence

from millrace_localstack.plugin.kinesis.errors import constraints_failed, invalid_argument
from millrace_localstack.plugin.kinesis.stream import NewRecord

MOST_BYTES = 10 * 2**20


def check_sizes(entries: Sequence[NewRecord], most_record_bytes: int, member: str) -> None:
    """`member`: where the data of a record is in the request, with {} for the record's number from 1."""
    sizes = [len(entry.data) + _length(entry.partition_key) for entry in entries]
    if max(sizes) > most_record_bytes:
        place = member.format(sizes.index(max(sizes)) + 1)
        raise constraints_failed(
            [
                f"Value at '{place}' failed to satisfy constraint: Member must have length less than or equal to "
                f"{most_record_bytes}"
            ]
        )
    if sum(sizes) > MOST_BYTES:
        raise invalid_argument(f"Records size exceeds {MOST_BYTES // 2**20} MB limit")


def _length(partition_key: str) -> int:
    return len(partition_key) if partition_key.isascii() else len(partition_key.encode())
