"""The records of one shard, in the order of their arrival, found by sequence number or time without a search from the
start."""

import itertools
import threading
import time
from bisect import bisect_left, bisect_right
from typing import NamedTuple

# Of the length that Kinesis gives (56 digits): readers that take them for 64-bit numbers fail here too.
FIRST_SEQUENCE_NUMBER = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898

# One count for all shards: the numbers of a child shard come after its parent's.
_count = itertools.count(FIRST_SEQUENCE_NUMBER)


class StoredRecord(NamedTuple):
    """`arrived` is Unix time in seconds, to the millisecond."""

    sequence_number: int
    partition_key: str
    data: bytes
    arrived: float


class RecordLog:
    """Safe for several writers and readers at once."""

    def __init__(self) -> None:
        self.start = next(_count)
        self.last = self.start
        self._expired = self.start  # the last number that is stored no more
        self._lock = threading.Lock()
        self._numbers: list[int] = []
        self._records: list[StoredRecord] = []

    def append(self, partition_key: str, data: bytes) -> StoredRecord:
        with self._lock:
            arrived = round(time.time(), 3)
            if self._records:  # a clock that was set back must not undo the order
                arrived = max(arrived, self._records[-1].arrived)
            record = StoredRecord(next(_count), partition_key, data, arrived)
            self._records.append(record)
            self._numbers.append(record.sequence_number)
            self.last = record.sequence_number
        return record

    def after(self, sequence_number: int, limit: int, max_bytes: int) -> list[StoredRecord]:
        """At most `limit` records that follow, and at most `max_bytes` of data, but one record at least."""
        with self._lock:
            first = bisect_right(self._numbers, sequence_number)
            records = self._records[first : first + limit]
        size = 0
        for count, record in enumerate(records):
            size += len(record.data)
            if size > max_bytes and count > 0:
                return records[:count]
        return records

    def before(self, timestamp: float) -> int:
        """The number of the last record that arrived before `timestamp`; 0 if none did."""
        with self._lock:
            first = self._count_before(timestamp)
            return self._numbers[first - 1] if first else 0

    def issued(self, sequence_number: int) -> bool:
        """Whether it is a number of this shard: its start, a record's, or one that has expired."""
        with self._lock:
            if self.start <= sequence_number <= self._expired:
                return True
            place = bisect_left(self._numbers, sequence_number)
            return place < len(self._numbers) and self._numbers[place] == sequence_number

    def expire(self, timestamp: float) -> None:
        """Forget the records that arrived before `timestamp`."""
        with self._lock:
            if not self._records or self._records[0].arrived >= timestamp:
                return
            count = self._count_before(timestamp)
            self._expired = self._numbers[count - 1]
            del self._records[:count], self._numbers[:count]

    def _count_before(self, timestamp: float) -> int:
        return bisect_left(self._records, timestamp, key=lambda record: record.arrived)
