"""The records of one shard, in the order of their arrival, found by sequence number or time without a search from the
start. Standard library only."""

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
        self._lock = threading.Lock()
        self._numbers: list[int] = []
        self._records: list[StoredRecord] = []

    def append(self, partition_key: str, data: bytes) -> StoredRecord:
        with self._lock:
            record = StoredRecord(next(_count), partition_key, data, round(time.time(), 3))
            self._records.append(record)
            self._numbers.append(record.sequence_number)
            self.last = record.sequence_number
        return record

    def after(self, sequence_number: int, limit: int, max_bytes: int) -> list[StoredRecord]:
        """At most `limit` records that follow, and at most `max_bytes` of data, but one record at least."""
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
        first = bisect_left(self._records, timestamp, key=lambda record: record.arrived)
        return self._numbers[first - 1] if first else 0
