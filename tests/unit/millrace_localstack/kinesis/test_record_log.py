"""The records of a shard."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from millrace_localstack.plugin.kinesis.record_log import RecordLog, StoredRecord

MEBIBYTE = 2**20


def filled(count: int) -> tuple[RecordLog, list[StoredRecord]]:
    log = RecordLog()
    return log, [log.append(str(number), str(number).encode()) for number in range(count)]


def test_records_come_after_a_number_in_their_order() -> None:
    log, records = filled(10)

    assert log.after(0, 100, MEBIBYTE) == records
    assert log.after(records[3].sequence_number, 2, MEBIBYTE) == records[4:6]
    assert log.after(log.last, 100, MEBIBYTE) == []


def test_a_read_is_bounded_in_bytes_but_never_empty() -> None:
    log = RecordLog()
    for _ in range(3):
        log.append("k", b"x" * 10)

    assert len(log.after(0, 100, 25)) == 2
    assert len(log.after(0, 100, 5)) == 1


def test_numbers_have_the_length_of_kinesis_and_grow_over_all_shards() -> None:
    first, second = RecordLog(), RecordLog()
    numbers = [log.append("k", b"").sequence_number for log in (first, second, first, second)]

    assert numbers == sorted(set(numbers))
    assert all(len(str(number)) == 56 for number in numbers)
    assert RecordLog().start > numbers[-1]


def test_writers_at_once_lose_nothing_and_keep_the_order() -> None:
    log = RecordLog()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: [log.append(str(n), b"") for _ in range(500)], range(8)))

    records = log.after(0, 10_000, MEBIBYTE)
    numbers = [record.sequence_number for record in records]
    assert len(records) == 4_000
    assert numbers == sorted(set(numbers))
    assert log.last == numbers[-1]


def test_expired_records_are_gone_and_their_numbers_still_known() -> None:
    log, records = filled(10)
    for number, record in enumerate(records):
        log._records[number] = record._replace(arrived=float(number))

    log.expire(4.0)

    assert [record.partition_key for record in log.after(0, 100, MEBIBYTE)] == ["4", "5", "6", "7", "8", "9"]
    assert all(log.issued(record.sequence_number) for record in records)
    log.expire(100.0)
    assert log.after(0, 100, MEBIBYTE) == []
    assert log.issued(log.last)
    assert log.last == records[-1].sequence_number


def test_numbers_of_other_shards_are_not_known() -> None:
    log, other = RecordLog(), RecordLog()
    first = log.append("k", b"")
    foreign = other.append("k", b"")
    last = log.append("k", b"")

    assert all(log.issued(number) for number in (log.start, first.sequence_number, last.sequence_number))
    assert not log.issued(foreign.sequence_number)
    assert not log.issued(last.sequence_number + 1)
    assert not log.issued(log.start - 1)


def test_a_clock_that_is_set_back_does_not_undo_the_order(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([2.0, 1.0, 3.0])
    monkeypatch.setattr(time, "time", lambda: next(times))
    log, records = filled(3)

    assert [record.arrived for record in records] == [2.0, 2.0, 3.0]
    assert log.before(2.5) == records[1].sequence_number
