"""A data stream: shards, hash keys, sequence numbers, splits and merges.

https://docs.aws.amazon.com/streams/latest/dev/key-concepts.html
"""

import binascii
import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any

from .world import World

LAST_HASH = 2**128 - 1

# Sequence numbers begin with so many decimal digits (far beyond 64 bits) and end with at most so many.
FEWEST_DIGITS, MOST_DIGITS = 40, 72


class Record:
    """A record in a shard. `envelope` is made once and handed to the function at each delivery: leave it unchanged.

    `sequence` is the sequence number as a number, `size` the envelope's length as JSON, in bytes. `deliveries` counts
    the invocations that got the record (also those that were killed; not those that were throttled).
    """

    __slots__ = ("_json", "deliveries", "envelope", "key_hash", "sequence", "size")

    def __init__(self, envelope: dict[str, Any], sequence: int, key_hash: int, size: int) -> None:
        self.envelope, self.sequence, self.key_hash, self.size = envelope, sequence, key_hash, size
        self.deliveries = 0
        self._json = ""

    @property
    def json(self) -> str:
        """The envelope as `json.dumps` writes it, made once. By hand, which takes a third of the time."""
        if not self._json:
            envelope = self.envelope
            kinesis = envelope["kinesis"]
            self._json = (
                f'{{"kinesis": {{"kinesisSchemaVersion": "1.0", "partitionKey": {_quoted(kinesis["partitionKey"])}, '
                f'"sequenceNumber": "{kinesis["sequenceNumber"]}", "data": "{kinesis["data"]}", '
                f'"approximateArrivalTimestamp": {kinesis["approximateArrivalTimestamp"]!r}}}, '
                f'"eventSource": "aws:kinesis", "eventVersion": "1.0", "eventID": "{envelope["eventID"]}", '
                f'"eventName": "aws:kinesis:record", "invokeIdentityArn": "{envelope["invokeIdentityArn"]}", '
                f'"awsRegion": "{envelope["awsRegion"]}", "eventSourceARN": "{envelope["eventSourceARN"]}"}}'
            )
        return self._json

    @property
    def arrived_at(self) -> float:
        """Epoch seconds, to the millisecond."""
        arrived_at: float = self.envelope["kinesis"]["approximateArrivalTimestamp"]
        return arrived_at

    @property
    def partition_key(self) -> str:
        return str(self.envelope["kinesis"]["partitionKey"])

    @property
    def shard_id(self) -> str:
        return str(self.envelope["eventID"]).partition(":")[0]


_quoted = lru_cache(maxsize=100_000)(json.dumps)


@lru_cache(maxsize=100_000)
def hash_key(partition_key: str) -> int:
    """The MD5 digest of a partition key as a number: https://docs.aws.amazon.com/streams/latest/dev/key-concepts.html"""
    return int.from_bytes(hashlib.md5(partition_key.encode(), usedforsecurity=False).digest())


def records_json(records: Sequence[Record]) -> str:
    """The event of these records, as `json.dumps` writes it."""
    return '{"Records": [' + ", ".join([record.json for record in records]) + "]}"


class SequenceNumbers:
    """The numbers of one shard: strictly increasing, and unique in the shard only.

    Every so often they grow by a digit, from 9… to 1…, so that comparing them as text gives another order. Shards that
    begin alike can have numbers in common. On AWS they are opaque; neither is promised against.
    https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Record.html
    """

    def __init__(self, world: World, after: int = 0) -> None:
        self._random = world.random
        self._digits = max(FEWEST_DIGITS, len(str(after)) + 1)
        self._grown = True
        self._left = 0
        self.last = after

    @property
    def left(self) -> int:
        """How many follow the last one without a gap."""
        return self._left

    def next(self) -> int:
        if self._left:
            self._left -= 1
            self.last += 1
        else:
            self._jump()
        return self.last

    def _jump(self) -> None:
        """To 9…, and from there to 1… with a digit more."""
        self._left = self._random.randint(5, 120)
        self._grown = not self._grown
        if self._digits > MOST_DIGITS:
            self.last += 1_000
        elif self._grown:
            self._digits += 1
            self.last = 10 ** (self._digits - 1)
        else:
            self.last = 9 * 10 ** (self._digits - 1)


class Shard:
    """A range of hash keys (`first_hash` to `last_hash`) and its records, in order. Closed by a split or a merge."""

    def __init__(
        self, shard_id: str, first_hash: int, last_hash: int, numbers: SequenceNumbers, parents: Sequence["Shard"] = ()
    ) -> None:
        self.id, self.first_hash, self.last_hash = shard_id, first_hash, last_hash
        self.numbers, self.parents = numbers, tuple(parents)
        self.records: list[Record] = []
        self.closed = False


class Stream:
    """A data stream. Mappings that read it are told of puts and resharding by `readers`, once a call."""

    batch_info = "KinesisBatchInfo"  # what on-failure objects call a batch of it

    def __init__(
        self,
        world: World,
        arn: str = "arn:aws:kinesis:eu-central-1:123456789012:stream/events",
        shards: int = 2,
        retention_seconds: float = 24 * 3600.0,
    ) -> None:
        self.world, self.arn, self.retention_seconds = world, arn, retention_seconds
        self.region, account = arn.split(":")[3:5]
        self._role = f"arn:aws:iam::{account}:role/function"
        self.shards: list[Shard] = []
        self.readers: list[Callable[[], Any]] = []
        self.largest = 0  # the size of the largest envelope so far
        self._routes: dict[str, tuple[int, Shard, int]] = {}
        self._overhead = len(json.dumps(self._envelope(" " * 20, 0, "", "", 1_700_000_000.123)))
        step = 2**128 // shards
        for i in range(shards):
            self._open(i * step, LAST_HASH if i == shards - 1 else (i + 1) * step - 1)

    def put(self, partition_key: str, data: bytes) -> Record:
        """Put one record (PutRecord)."""
        return self.put_many([(partition_key, data)])[0]

    def put_many(self, entries: Iterable[tuple[str, bytes]]) -> list[Record]:
        """Put (partition key, data) pairs at this instant, in this order. The quick way."""
        now = round(self.world.now, 3)
        routes, envelope, encode = self._routes, self._envelope, binascii.b2a_base64
        records: list[Record] = []
        for partition_key, data in entries:
            key_hash, shard, size = routes.get(partition_key) or self._route(partition_key)
            sequence = shard.numbers.next()
            text = str(sequence)
            encoded = encode(data, newline=False).decode("ascii")
            size += 2 * len(text) + len(encoded)
            record = Record(envelope(shard.id, text, partition_key, encoded, now), sequence, key_hash, size)
            shard.records.append(record)
            records.append(record)
            if size > self.largest:
                self.largest = size
        self._tell()
        return records

    def split(self, shard_id: str) -> tuple[str, str]:
        """Split an open shard in the middle of its hash keys: the ids of its children."""
        parent = self._opened(shard_id)
        middle = (parent.first_hash + parent.last_hash) // 2
        left = self._open(parent.first_hash, middle, parent)
        right = self._open(middle + 1, parent.last_hash, parent)
        self._close(parent)
        return left.id, right.id

    def merge(self, first_id: str, second_id: str) -> str:
        """Merge two open shards whose hash keys are adjacent: the id of their child. Raises ValueError."""
        first, second = sorted((self._opened(first_id), self._opened(second_id)), key=lambda shard: shard.first_hash)
        if first.last_hash + 1 != second.first_hash:
            raise ValueError(f"expected shards with adjacent hash keys, got {first_id} and {second_id}")
        child = self._open(first.first_hash, second.last_hash, first, second)
        self._close(first, second)
        return child.id

    @property
    def open_shards(self) -> list[Shard]:
        """The shards that take puts, by hash key."""
        return sorted((shard for shard in self.shards if not shard.closed), key=lambda shard: shard.first_hash)

    @property
    def records(self) -> list[Record]:
        """All records ever put, shard by shard."""
        return [record for shard in self.shards for record in shard.records]

    def shard_of(self, partition_key: str) -> str:
        """The id of the open shard that a partition key's records go to."""
        return (self._routes.get(partition_key) or self._route(partition_key))[1].id

    def _open(self, first_hash: int, last_hash: int, *parents: Shard) -> Shard:
        numbers = SequenceNumbers(self.world, after=max((parent.numbers.last for parent in parents), default=0))
        shard = Shard(f"shardId-{len(self.shards):012}", first_hash, last_hash, numbers, parents)
        self.shards.append(shard)
        return shard

    def _opened(self, shard_id: str) -> Shard:
        for shard in self.shards:
            if shard.id == shard_id and not shard.closed:
                return shard
        raise ValueError(f"expected an open shard, got {shard_id}")

    def _close(self, *shards: Shard) -> None:
        for shard in shards:
            shard.closed = True
            self.world.note(self.arn, "closed", shard.id)
        self._routes.clear()
        self._tell()

    def _route(self, partition_key: str) -> tuple[int, Shard, int]:
        """The key's hash, its shard, and what the envelope takes besides sequence number and data."""
        key_hash = hash_key(partition_key)
        shard = next(s for s in self.shards if not s.closed and s.first_hash <= key_hash <= s.last_hash)
        self._routes[partition_key] = route = key_hash, shard, self._overhead + len(json.dumps(partition_key)) - 2
        return route

    def _envelope(
        self, shard_id: str, sequence: int | str, partition_key: str, data: str, arrived_at: float
    ) -> dict[str, Any]:
        """https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html"""
        return {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": partition_key,
                "sequenceNumber": sequence,
                "data": data,
                "approximateArrivalTimestamp": arrived_at,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": f"{shard_id}:{sequence}",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": self._role,
            "awsRegion": self.region,
            "eventSourceARN": self.arn,
        }

    def _tell(self) -> None:
        for reader in self.readers:
            reader()
