"""The records of a shard, and iterators over them."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from millrace_localstack.plugin.kinesis import iterators
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


@pytest.mark.parametrize(
    ("kind", "first"), [("TRIM_HORIZON", 0), ("AT_SEQUENCE_NUMBER", 4), ("AFTER_SEQUENCE_NUMBER", 5), ("LATEST", 10)]
)
def test_iterators_begin_where_they_say(kind: str, first: int) -> None:
    log, records = filled(10)

    after = iterators.starting_after(log, kind, str(records[4].sequence_number), None)

    assert log.after(after, 100, MEBIBYTE) == records[first:]


def test_an_iterator_begins_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([1.001, 1.001, 1.002, 1.003, 1.003])
    monkeypatch.setattr(time, "time", lambda: next(times))
    log, early = filled(3)
    late = [log.append("k", b"late") for _ in range(2)]
    moment = datetime.fromtimestamp(late[0].arrived, UTC)

    assert log.after(iterators.starting_after(log, "AT_TIMESTAMP", None, moment), 100, MEBIBYTE) == late
    assert log.after(iterators.starting_after(log, "AT_TIMESTAMP", None, 0.0), 100, MEBIBYTE) == [*early, *late]


@pytest.mark.parametrize("kind", ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER", "AT_TIMESTAMP", "SOMEWHERE"])
def test_an_iterator_without_its_place_is_refused(kind: str) -> None:
    with pytest.raises(ValueError, match=kind):
        iterators.starting_after(RecordLog(), kind, None, None)


def test_a_token_goes_there_and_back() -> None:
    place = iterators.Position("arn:aws:kinesis:us-east-1:0:stream/s", "shardId-0", 10**55)

    assert iterators.position(place.token()) == place


@pytest.mark.parametrize("token", ["", "not base64", "bm90IGpzb24=", "WzFd"])
def test_a_token_that_was_not_given_out_is_refused(token: str) -> None:
    with pytest.raises(ValueError, match="Invalid ShardIterator"):
        iterators.position(token)
