"""What a consumer makes of the records on a Kinesis sink: one prediction, or a KPL record taken apart as the KCL does.

Written from the format's specification, and not by the scorer's codec:
https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

MAGIC = b"\xf3\x89\x9a\xc2"
SHARDS = 8
_WIDTH = 2**128 // SHARDS


def hash_of(key: str) -> int:
    return int.from_bytes(hashlib.md5(key.encode(), usedforsecurity=False).digest())


def shard_of(entry: Mapping[str, Any]) -> int:
    """The shard of an entry of PutRecords."""
    explicit = entry.get("ExplicitHashKey")
    return (int(explicit) if explicit else hash_of(entry["PartitionKey"])) // _WIDTH


def user_records(shard: int, data: bytes) -> Iterator[tuple[str, bytes]]:
    """Partition key and data of each user record that the KCL passes on.

    It drops user records whose hash key is not of the shard that has the record.
    """
    message = data[len(MAGIC) : -16]
    if hashlib.md5(message, usedforsecurity=False).digest() != data[-16:]:
        return  # not an aggregate to the KCL: one record, whose bytes are no prediction
    keys: list[str] = []
    hash_keys: list[int] = []
    for number, value in _members(message):
        if number == 1:
            keys.append(value.decode())
        elif number == 2:
            hash_keys.append(int(value))
        elif number == 3:
            user = dict(_members(value))
            hash_key = hash_keys[user[2]] if 2 in user else hash_of(keys[user[1]])
            if hash_key // _WIDTH == shard:
                yield keys[user[1]], user[3]


def _members(message: bytes) -> Iterator[tuple[int, Any]]:
    """Field number and value of each member: numbers and bytes."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        value, at = _varint(message, at)
        if tag & 7 == 2:
            yield tag >> 3, message[at : at + value]
            at += value
        else:
            yield tag >> 3, value


def _varint(message: bytes, at: int) -> tuple[int, int]:
    byte = message[at]
    if byte < 0x80:
        return byte, at + 1
    value, shift = byte & 0x7F, 7
    while True:
        at += 1
        byte = message[at]
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at + 1
        shift += 7
