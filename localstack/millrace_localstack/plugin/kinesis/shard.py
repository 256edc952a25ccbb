"""A shard: a range of hash keys and a log of records. Open, or closed by a split or a merge."""

import time

from millrace_localstack.plugin.kinesis.hash_keys import HashRange
from millrace_localstack.plugin.kinesis.record_log import RecordLog


class Shard:
    def __init__(self, number: int, hash_range: HashRange, parents: "tuple[Shard, ...]" = ()) -> None:
        self.id = f"shardId-{number:012}"
        self.hash_range = hash_range
        self.parents = tuple(parent.id for parent in parents)
        self.children: list[Shard] = []
        self.log = RecordLog()
        self.opened_at = time.time()
        self.closed_at: float | None = None

    @property
    def is_open(self) -> bool:
        return self.closed_at is None

    def close(self, *children: "Shard") -> None:
        self.children += children
        self.closed_at = time.time()

    def open_at(self, moment: float) -> bool:
        return self.opened_at <= moment and not self.closed_before(moment)

    def closed_before(self, moment: float) -> bool:
        return self.closed_at is not None and self.closed_at < moment
