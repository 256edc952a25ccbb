"""Hash keys: numbers of 128 bits. Each shard has a range of them, and a partition key has one."""

import hashlib
from typing import NamedTuple

from millrace_localstack.plugin.kinesis.errors import invalid_argument

LAST = 2**128 - 1


class HashRange(NamedTuple):
    """Both ends are part of it."""

    first: int
    last: int


def of_partition_key(partition_key: str) -> int:
    """Its MD5 digest, big endian: https://docs.aws.amazon.com/streams/latest/dev/key-concepts.html. No security."""
    return int.from_bytes(hashlib.md5(partition_key.encode(), usedforsecurity=False).digest())


def explicit(text: str) -> int:
    """Of an ExplicitHashKey, which is decimal digits."""
    number = int(text)
    if number > LAST:
        raise invalid_argument(
            f"Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, 2^128-1]. Specified value was {text}"
        )
    return number


def uniform(count: int) -> list[HashRange]:
    """The ranges of `count` equal shards; the last one has what is left over."""
    step = 2**128 // count
    return [HashRange(i * step, LAST if i == count - 1 else (i + 1) * step - 1) for i in range(count)]
