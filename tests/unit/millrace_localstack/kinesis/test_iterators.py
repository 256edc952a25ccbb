"""Where a reader is, and how long it may remember it."""

from datetime import UTC, datetime

import pytest

from millrace_localstack.plugin.kinesis import iterators, tokens
from millrace_localstack.plugin.kinesis.errors import KinesisError
from millrace_localstack.plugin.kinesis.iterators import Position
from millrace_localstack.plugin.kinesis.record_log import RecordLog, StoredRecord
from tests.unit.millrace_localstack.kinesis.conftest import Clock

WHERE = "shard shardId-000000000000 in stream s under account 000000000000"
MEBIBYTE = 2**20
HERE = Position("arn:aws:kinesis:us-east-1:0:stream/s", "shardId-0", 10**55)


def filled(count: int) -> tuple[RecordLog, list[StoredRecord]]:
    log = RecordLog()
    return log, [log.append(str(number), b"") for number in range(count)]


@pytest.mark.parametrize(
    ("kind", "number", "first"),
    [
        ("TRIM_HORIZON", None, 0),
        ("AT_SEQUENCE_NUMBER", 4, 4),
        ("AFTER_SEQUENCE_NUMBER", 4, 5),
        ("AFTER_SEQUENCE_NUMBER", 9, 10),
        ("LATEST", None, 10),
    ],
)
def test_iterators_begin_where_they_say(kind: str, number: int | None, first: int) -> None:
    log, records = filled(10)
    sequence_number = None if number is None else str(records[number].sequence_number)

    after = iterators.starting_after(log, kind, sequence_number, None, WHERE)

    assert log.after(after, 100, MEBIBYTE) == records[first:]


def test_an_iterator_begins_at_a_time(clock: Clock) -> None:
    log, early = filled(3)
    clock.now += 0.002
    late = [log.append("k", b"late") for _ in range(2)]

    def read(moment: float) -> list[StoredRecord]:
        timestamp = datetime.fromtimestamp(moment, UTC)
        return log.after(iterators.starting_after(log, "AT_TIMESTAMP", None, timestamp, WHERE), 100, MEBIBYTE)

    assert read(late[0].arrived) == late
    assert read(late[0].arrived - 0.001) == late  # the next later one
    assert read(0.0) == [*early, *late]
    with pytest.raises(KinesisError, match="cannot be greater than the currentTimestampInMillis"):
        read(clock.now + 0.001)


@pytest.mark.parametrize("kind", ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"])
def test_numbers_that_are_not_the_shards_are_refused(kind: str) -> None:
    log, records = filled(3)
    for number in (0, 5, log.start - 1, records[-1].sequence_number + 1):
        with pytest.raises(KinesisError, match=f"StartingSequenceNumber {number} used in GetShardIterator on {WHERE}"):
            iterators.starting_after(log, kind, str(number), None, WHERE)


@pytest.mark.parametrize("kind", ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"])
def test_a_number_that_expired_begins_at_the_oldest_record(kind: str, clock: Clock) -> None:
    log, old = filled(3)
    clock.pass_hours(1)
    young = log.append("k", b"")
    log.expire(clock.now)

    after = iterators.starting_after(log, kind, str(old[1].sequence_number), None, WHERE)

    assert log.after(after, 100, MEBIBYTE) == [young]


@pytest.mark.parametrize(
    ("kind", "number", "why"),
    [
        ("AT_SEQUENCE_NUMBER", None, "AT_SEQUENCE_NUMBER and no StartingSequenceNumber"),
        ("AFTER_SEQUENCE_NUMBER", None, "AFTER_SEQUENCE_NUMBER and no StartingSequenceNumber"),
        ("TRIM_HORIZON", "1", "TRIM_HORIZON and also a StartingSequenceNumber"),
        ("LATEST", "1", "LATEST and also a StartingSequenceNumber"),
        ("AT_TIMESTAMP", None, "Must specify timestampInMillis"),
    ],
)
def test_an_iterator_without_its_place_is_refused(kind: str, number: str | None, why: str) -> None:
    with pytest.raises(KinesisError, match=why) as raised:
        iterators.starting_after(RecordLog(), kind, number, None, WHERE)
    assert raised.value.code == "InvalidArgumentException"


def test_a_token_goes_there_and_back_and_is_new_each_time() -> None:
    assert iterators.position(HERE.token()) == HERE
    assert HERE.token() != HERE.token()


def test_a_token_lives_for_five_minutes(clock: Clock) -> None:
    token = HERE.token()
    clock.now += 300
    assert iterators.position(token) == HERE
    clock.now += 0.001
    with pytest.raises(KinesisError, match="tolerated delay of 300000 milliseconds") as raised:
        iterators.position(token)
    assert raised.value.code == "ExpiredIteratorException"


def test_a_token_of_the_longest_stream_name_is_within_the_apis_length() -> None:
    arn = f"arn:aws:kinesis:ap-southeast-2:123456789012:stream/{'s' * 128}"
    assert len(Position(arn, "shardId-000000000000", 10**55).token()) <= 512


@pytest.mark.parametrize("token", ["", "not base64", "bm90IGpzb24=", "WzFd", "é", "W1" * 5_000])
def test_a_token_that_was_not_given_out_is_refused(token: str) -> None:
    with pytest.raises(KinesisError, match="Invalid ShardIterator"):
        iterators.position(token)


@pytest.mark.parametrize("members", [(), ("only an arn",)])
def test_a_token_of_something_else_is_refused(members: tuple[str, ...]) -> None:
    with pytest.raises(KinesisError, match="Invalid ShardIterator"):
        iterators.position(tokens.seal(*members))


def test_a_token_from_the_future_is_refused(clock: Clock) -> None:
    token = HERE.token()
    clock.now -= 1
    with pytest.raises(KinesisError, match="Invalid ShardIterator"):
        iterators.position(token)
