"""Kinesis as a prediction sink, with many predictions in one record, in the format of the Kinesis Producer Library.

Format: https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md

Kinesis routes a record by its hash key, and the Kinesis Client Library drops user records whose hash key does not
belong to the shard. Therefore the hash key space is divided into ranges. The predictions whose keys hash into one range
are aggregated, with the first hash key of the range as their explicit hash key. The predictions of a partition key thus
stay in one shard, and in order.
"""

from __future__ import annotations

import hashlib

from records.chunking import cut
from records.kpl import aggregate
from records.values import Value
from sinks.put_records import KIB, MIB, put_records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from sinks.messages import Call, Message
    from sinks.sink import Wait

HASH_KEYS = 2**128  # https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html, ExplicitHashKey
# The size up to which a record is filled: the default of the KPL's AggregationMaxSize.
AGGREGATE_BYTES = 50 * KIB
# The overhead of a message: tags, lengths and indices, and a share of the hash key and the digest.
OVERHEAD_BYTES = 128


class Aggregate(Value):
    """One Kinesis record, and the indices of its messages in the call."""

    hash_key: str
    partition_key: str
    data: bytes
    members: list[int]


class AggregatingKinesisSink:
    """PutRecords with aggregated records. An aggregate fails with all its predictions.

    ranges : the number of ranges of hash keys, 1 to 256. A call has at least one record for each range for which it has
    predictions. Choose more ranges than the stream has shards, so that predictions reach all shards.
    """

    max_entries = 5_000
    max_bytes = 4 * MIB  # including overhead, less than the 5 MiB and 500 records of a call
    max_entry_bytes = MIB - KIB
    counts_keys = True

    def __init__(self, kinesis: Any, stream_arn: str, ranges: int) -> None:
        self._kinesis, self._stream_arn, self._ranges = kinesis, stream_arn, ranges

    def begin(self, call: Call) -> Wait:
        aggregates = list(self._aggregates(call))
        entries = [
            {"Data": one.data, "PartitionKey": one.partition_key, "ExplicitHashKey": one.hash_key} for one in aggregates
        ]
        failed = put_records(self._kinesis, self._stream_arn, entries)
        members = [one.members for one in aggregates]
        return lambda: sorted(member for i in failed() for member in members[i])

    def _aggregates(self, call: Call) -> Iterator[Aggregate]:
        by_range: dict[int, list[tuple[int, Message]]] = {}
        for place, message in enumerate(call):
            by_range.setdefault(self._range(message.partition_key), []).append((place, message))
        for number, members in by_range.items():
            hash_key = str(-(-number * HASH_KEYS // self._ranges))
            for part in cut(members, _size, most=len(members), most_bytes=AGGREGATE_BYTES):
                data = aggregate([(message.partition_key, message.body) for _, message in part], hash_key)
                yield Aggregate(hash_key, part[0][1].partition_key, data, [place for place, _ in part])

    def _range(self, partition_key: str) -> int:
        """The range of a partition key, whose hash key is its MD5 digest."""
        digest = hashlib.md5(partition_key.encode(), usedforsecurity=False).digest()
        return int.from_bytes(digest) * self._ranges // HASH_KEYS


def _size(member: tuple[int, Message]) -> int:
    _, message = member
    return len(message.body) + len(message.partition_key.encode()) + OVERHEAD_BYTES
