"""moto's streams and shards, with an indexed log of records in each shard.

moto 5.1.22: a record costs a walk over all records of its shard, two writers at once can take the same number, a
record still goes to a shard that was split, and a split moves records into the children under new numbers.
Here: a record costs the same whatever is stored, and stays in its shard; closed shards take none.
"""

import base64
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


def open_shard(stream: Any, hash_key: int) -> IndexedShard:
    for shard in stream.shards.values():
        if shard.is_open and shard.starting_hash <= hash_key <= shard.ending_hash:
            return shard  # type: ignore[no-any-return]
    raise LookupError(f"stream {stream.stream_name} has no open shard for the hash key {hash_key}")


models.Shard = IndexedShard
