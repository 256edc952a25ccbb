"""Messages in aggregates of the Kinesis Producer Library, by the range of their hash keys.

Kinesis routes a record by its hash key, and the Kinesis Client Library drops user records whose hash key does not
belong to the shard. Therefore the hash key space is divided into ranges. The messages whose keys hash into one range
are aggregated, with the first hash key of the range as their explicit hash key. The messages of a partition key thus
stay in one shard, and in order. This is the reference implementation of `Messages.put_aggregates` in C.
"""

from __future__ import annotations

import hashlib

from records.chunking import cut
from records.kpl import aggregate

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from sinks.messages import Message

HASH_KEYS = 2**128  # https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html, ExplicitHashKey


def first_hash_keys(ranges: int) -> tuple[str, ...]:
    """The first hash key of each range."""
    return tuple(str(-(-number * HASH_KEYS // ranges)) for number in range(ranges))


def put_aggregates(
    messages: Sequence[Message], hash_keys: Sequence[str], most_bytes: int, overhead: int
) -> tuple[list[dict[str, Any]], list[list[int]]]:
    """The records of one PutRecords request, and the places of the messages in each of them.

    hash_keys : the first of each range. most_bytes : up to which a record is filled.
    overhead : bytes that count for each message in addition to key and body.
    """
    by_range: dict[int, list[int]] = {}
    for place, message in enumerate(messages):
        by_range.setdefault(_range(message.partition_key, len(hash_keys)), []).append(place)

    def size(place: int) -> int:
        message = messages[place]
        return len(message.body) + len(message.partition_key.encode()) + overhead

    entries, members = [], []
    for number, places in by_range.items():
        for part in cut(places, size, most=len(places), most_bytes=most_bytes):
            entries.append(_entry([messages[place] for place in part], hash_keys[number]))
            members.append(part)
    return entries, members


def _entry(users: Sequence[Message], hash_key: str) -> dict[str, Any]:
    return {
        "Data": aggregate(users, hash_key),
        "PartitionKey": users[0].partition_key,
        "ExplicitHashKey": hash_key,
    }


def _range(partition_key: str, ranges: int) -> int:
    """The range of a partition key, whose hash key is its MD5 digest."""
    digest = hashlib.md5(partition_key.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest) * ranges // HASH_KEYS
