"""moto's streams and shards, with an indexed log of records in each shard.

moto 5.1.22: a record costs a walk over all records of its shard, two writers at once can take the same number, a
record still goes to a shard that was split, and a split moves records into the children under new numbers.
Here: a record costs the same whatever is stored, and stays in its shard; closed shards take none.
"""

import base64
import hashlib
from typing import Any

from moto.kinesis import models

from millrace_localstack.plugin.kinesis.record_log import RecordLog

LAST_HASH = 2**128 - 1


class IndexedShard(models.Shard):  # type: ignore[misc]
    """moto's own `records` stays empty, so that a split or a merge moves none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ending_hash = min(self.ending_hash, LAST_HASH)
        self.log = RecordLog()

    def put_record(self, partition_key: str, data: str, explicit_hash_key: str) -> str:
        return str(self.log.append(partition_key, base64.b64decode(data)).sequence_number)

    def get_min_sequence_number(self) -> int:
        return self.log.start

    def get_max_sequence_number(self) -> int:
        return self.log.last


class Router:
    """Which open shard of a stream a record goes to."""

    def __init__(self, stream: Any) -> None:
        self._name = stream.stream_name
        self._ranges = [
            (shard.starting_hash, shard.ending_hash, shard.shard_id, shard.log)
            for shard in stream.shards.values()
            if shard.is_open
        ]

    def append(self, data: bytes, partition_key: str, explicit_hash_key: str | None) -> tuple[str, int]:
        """The shard's id, and the record's sequence number in it."""
        if explicit_hash_key:
            hash_key = int(explicit_hash_key)
        else:  # Kinesis takes MD5: no secret, no security
            hash_key = int.from_bytes(hashlib.md5(partition_key.encode(), usedforsecurity=False).digest())
        for first, last, shard_id, log in self._ranges:
            if first <= hash_key <= last:
                return shard_id, log.append(partition_key, data).sequence_number
        raise LookupError(f"stream {self._name} has no open shard for the hash key {hash_key}")


models.Shard = IndexedShard
