"""Many predictions in one Kinesis record, as the Kinesis Producer Library does it, so that its consumers can read them.

Format: https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md

Kinesis decides by a record's hash key where it goes, and the Kinesis Client Library drops user records whose own hash
key does not belong to the shard. So the space of hash keys is divided into ranges: the predictions whose keys hash into
one range travel together, and all of them name the range's first hash key. The predictions of a partition key thus stay
in one shard, and in their order.
"""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from records.chunking import cut
from records.kpl import aggregate
from sinks.kinesis import put_records
from sinks.messages import Message
from sinks.sink import KIB, MIB, Sink, Wait

HASH_KEYS = 2**128  # https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html, ExplicitHashKey
MAX_RANGES = 256
# Up to here a record is filled: what the KPL's AggregationMaxSize is by default.
AGGREGATE_BYTES = 50 * KIB
# Of one message, beside its data and its key: tags, lengths and indices, and a share of the hash key and the digest.
OVERHEAD_BYTES = 128


class Aggregate(NamedTuple):
    """One Kinesis record, and the places of its messages in the call."""

    hash_key: str
    partition_key: str
    data: bytes
    members: list[int]


class AggregatingKinesisSink(Sink):
    """PutRecords with aggregated records. What fails, fails for all predictions of an aggregate.

    ranges : into how many ranges the hash keys are divided, 1 to 256; a call has a record for each of them at least,
    where it has predictions for it. More than the stream has shards, so that all shards get their part.
    """

    max_entries = 5_000
    max_bytes = 4 * MIB  # with all overhead below the 5 MiB of a call, in fewer than 500 records
    max_entry_bytes = MIB - KIB
    counts_keys = True

    def __init__(self, kinesis: Any, stream_arn: str, ranges: int) -> None:
        self._kinesis, self._stream_arn, self._ranges = kinesis, stream_arn, ranges

    def begin(self, messages: Sequence[Message]) -> Wait:
        aggregates = list(self._aggregates(messages))
        entries = [
            {"Data": one.data, "PartitionKey": one.partition_key, "ExplicitHashKey": one.hash_key} for one in aggregates
        ]
        failed = put_records(self._kinesis, self._stream_arn, entries)
        members = [one.members for one in aggregates]
        return lambda: sorted(member for i in failed() for member in members[i])

    def _aggregates(self, messages: Sequence[Message]) -> Iterator[Aggregate]:
        by_range: dict[int, list[tuple[int, Message]]] = {}
        for place, message in enumerate(messages):
            by_range.setdefault(self._range(message.partition_key), []).append((place, message))
        for number, members in by_range.items():
            hash_key = str(-(-number * HASH_KEYS // self._ranges))
            for part in cut(members, _size, most=len(members), most_bytes=AGGREGATE_BYTES):
                data = aggregate([(message.partition_key, message.body) for _, message in part], hash_key)
                yield Aggregate(hash_key, part[0][1].partition_key, data, [place for place, _ in part])

    def _range(self, partition_key: str) -> int:
        """Kinesis takes a partition key's MD5 digest as its hash key."""
        digest = hashlib.md5(partition_key.encode(), usedforsecurity=False).digest()
        return int.from_bytes(digest) * self._ranges // HASH_KEYS


def _size(member: tuple[int, Message]) -> int:
    _, message = member
    return len(message.body) + len(message.partition_key.encode()) + OVERHEAD_BYTES
