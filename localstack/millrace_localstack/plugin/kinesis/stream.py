"""A data stream: its shards, and which of them a record goes to."""

import threading
import time
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from millrace_localstack.plugin.kinesis import hash_keys, scaling
from millrace_localstack.plugin.kinesis.consumer import Consumer
from millrace_localstack.plugin.kinesis.errors import (
    in_use,
    invalid_argument,
    invalid_request,
    limit_exceeded,
    not_found,
)
from millrace_localstack.plugin.kinesis.hash_keys import HashRange
from millrace_localstack.plugin.kinesis.scaling import Merge, Split
from millrace_localstack.plugin.kinesis.shard import Shard

DAY_SECONDS = 24 * 3600.0
SCALINGS_PER_DAY = 10


class NewRecord(NamedTuple):
    """A record to be put."""

    data: bytes
    partition_key: str
    explicit_hash_key: str | None = None


class Stream:
    """Safe for several threads. It is UPDATING for `update_seconds` after a split, a merge or a scaling."""

    def __init__(
        self, account: str, region: str, name: str, shard_count: int, mode: str, update_seconds: float = 0.0
    ) -> None:
        self.account, self.name, self.mode = account, name, mode
        self.arn = f"arn:aws:kinesis:{region}:{account}:stream/{name}"
        self.created_at = time.time()
        self.retention_hours = 24
        self.max_record_bytes = 2**20
        self.encryption_type = "NONE"
        self.key_id: str | None = None
        self.metrics: set[str] = set()
        self.tags: dict[str, str] = {}
        self.consumers: dict[str, Consumer] = {}
        self._update_seconds, self._updating_until = update_seconds, 0.0
        self._scaled_at: list[float] = []
        # A shard must not be closed between the choice of it and the write: its last reader would have gone by then.
        self._lock = threading.RLock()
        self._opened = 0
        self._shards: dict[str, Shard] = {}
        for hash_range in hash_keys.uniform(shard_count):
            self._open(hash_range)
        self._route()

    # Records

    def put(self, entries: Sequence[NewRecord]) -> list[tuple[str, int]]:
        """Shard id and sequence number of each; nothing is put if one of them cannot be."""
        with self._lock:
            for shard in self._open_shards:
                shard.log.expire(self.horizon)
            shards = [self._shard_of(entry) for entry in entries]
            return [
                (shard.id, shard.log.append(entry.partition_key, entry.data).sequence_number)
                for shard, entry in zip(shards, entries, strict=True)
            ]

    def _shard_of(self, entry: NewRecord) -> Shard:
        if entry.explicit_hash_key is not None:
            key = hash_keys.explicit(entry.explicit_hash_key)
        else:
            key = hash_keys.of_partition_key(entry.partition_key)
        return self._open_shards[bisect_right(self._starts, key) - 1]

    @property
    def horizon(self) -> float:
        """The Unix time before which records have expired."""
        return time.time() - self.retention_hours * 3600.0

    # Shards

    @property
    def shards(self) -> list[Shard]:
        """In the order of their ids. A shard that was closed before the horizon holds nothing and is listed no more."""
        with self._lock:
            horizon = self.horizon
            for shard in [shard for shard in self._shards.values() if shard.closed_before(horizon)]:
                del self._shards[shard.id]
            return list(self._shards.values())

    @property
    def open_shards(self) -> list[Shard]:
        """In the order of their hash keys."""
        return self._open_shards

    def shard(self, shard_id: str) -> Shard:
        """Without its expired records."""
        shard = self._shards.get(shard_id)
        if shard is None or shard.closed_before(self.horizon):
            raise not_found(f"Shard {shard_id} in stream {self.name} under account {self.account} does not exist")
        shard.log.expire(self.horizon)
        return shard

    def split(self, shard_id: str, start: int) -> None:
        with self._lock:
            self._check_provisioned()
            shard = self._resharded(shard_id)
            first, last = shard.hash_range
            if not first + 1 < start < last:
                raise invalid_argument(
                    f"NewStartingHashKey {start} used in SplitShard() on {self.where(shard_id)} is not both greater "
                    f"than one plus the shard's StartingHashKey {first} and less than the shard's "
                    f"EndingHashKey {last}."
                )
            self._begin_update()
            self._split(shard, start)
            self._route()

    def merge(self, first_id: str, second_id: str) -> None:
        with self._lock:
            self._check_provisioned()
            first, second = self._resharded(first_id), self._resharded(second_id)
            low, high = sorted([first.hash_range, second.hash_range])
            if low.last + 1 != high.first:
                raise invalid_argument(
                    f"Shards {first_id} and {second_id} in stream {self.name} under account {self.account} are not an "
                    "adjacent pair of shards eligible for merging"
                )
            self._begin_update()
            self._merge(first, second)
            self._route()

    def scale(self, target: int) -> int:
        """To that many equal shards; returns how many there were."""
        with self._lock:
            self._check_provisioned()
            self.check_active()
            current = len(self._open_shards)
            scaling.check(current, target)
            self._count_scaling()
            self._begin_update()
            shards = {shard.hash_range: shard for shard in self._open_shards}
            for step in scaling.steps(list(shards), target):
                match step:
                    case Split(hash_range, start):
                        made = self._split(shards[hash_range], start)
                    case Merge(first, second):
                        made = self._merge(shards[first], shards[second])
                shards |= {shard.hash_range: shard for shard in made}
            self._route()
            return current

    # Status

    @property
    def status(self) -> str:
        return "UPDATING" if time.monotonic() < self._updating_until else "ACTIVE"

    def check_active(self) -> None:
        if self.status != "ACTIVE":
            raise in_use(f"Stream {self.name} under account {self.account} not ACTIVE, instead in state {self.status}")

    def where(self, shard_id: str) -> str:
        """For messages."""
        return f"shard {shard_id} in stream {self.name} under account {self.account}"

    def _check_provisioned(self) -> None:
        if self.mode == "ON_DEMAND":
            raise invalid_request(f"Stream {self.name} under account {self.account} is in On-Demand mode.")

    def _begin_update(self) -> None:
        self.check_active()
        self._updating_until = time.monotonic() + self._update_seconds

    def _count_scaling(self) -> None:
        day_ago = time.time() - DAY_SECONDS
        self._scaled_at = [moment for moment in self._scaled_at if moment > day_ago]
        if len(self._scaled_at) >= SCALINGS_PER_DAY:
            raise limit_exceeded(
                f"UpdateShardCount has been called {SCALINGS_PER_DAY} times in 24 hours for stream {self.name} under "
                f"account {self.account}, which is the limit."
            )
        self._scaled_at.append(time.time())

    def _resharded(self, shard_id: str) -> Shard:
        """A shard that can be split or merged."""
        shard = self._shards.get(shard_id)
        if shard is None:
            raise not_found(f"Could not find {self.where(shard_id)}.")
        if not shard.is_open:
            raise invalid_argument(
                f"Shard{self.where(shard_id)[5:]} has already been merged or split, and thus is not eligible for "
                "merging or splitting."
            )
        return shard

    def _split(self, shard: Shard, start: int) -> list[Shard]:
        first, last = shard.hash_range
        children = [self._open(HashRange(first, start - 1), shard), self._open(HashRange(start, last), shard)]
        shard.close(*children)
        return children

    def _merge(self, first: Shard, second: Shard) -> list[Shard]:
        low, high = sorted([first.hash_range, second.hash_range])
        child = self._open(HashRange(low.first, high.last), first, second)
        first.close(child)
        second.close(child)
        return [child]

    def _open(self, hash_range: HashRange, *parents: Shard) -> Shard:
        shard = Shard(self._opened, hash_range, parents)
        self._opened += 1
        self._shards[shard.id] = shard
        return shard

    def _route(self) -> None:
        shards = [shard for shard in self._shards.values() if shard.is_open]
        self._open_shards = sorted(shards, key=lambda shard: shard.hash_range)
        self._starts = [shard.hash_range.first for shard in self._open_shards]
