"""PutRecord, PutRecords, GetShardIterator, GetRecords."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from millrace_localstack.plugin.kinesis.errors import KinesisError
from tests.unit.millrace_localstack.kinesis.conftest import Clock

type Call = Callable[..., Any]
FIRST = "shardId-000000000000"
MEBIBYTE = 2**20


@pytest.fixture
def stream(call: Call) -> str:
    call("CreateStream", StreamName="s", ShardCount=1)
    return "s"


def put(call: Call, *data: bytes) -> list[str]:
    """The sequence numbers."""
    records = [{"Data": datum, "PartitionKey": "k"} for datum in data]
    return [entry["SequenceNumber"] for entry in call("PutRecords", StreamName="s", Records=records)["Records"]]


def iterator(call: Call, kind: str = "TRIM_HORIZON", shard: str = FIRST, **where: Any) -> str:
    answer = call("GetShardIterator", StreamName="s", ShardId=shard, ShardIteratorType=kind, **where)
    token: str = answer["ShardIterator"]
    return token


def data(answer: Any) -> list[bytes]:
    return [record["Data"] for record in answer["Records"]]


def refused(call: Call, operation: str, **request: Any) -> tuple[str, str]:
    with pytest.raises(KinesisError) as raised:
        call(operation, **request)
    return raised.value.code, raised.value.message


FAILED = "1 validation error detected: Value {} failed to satisfy constraint: Member must have {}"


@pytest.mark.parametrize(
    ("key", "rule"), [("", "greater than or equal to 1"), ("k" * 257, "less than or equal to 256")]
)
def test_partition_keys_have_1_to_256_characters(call: Call, stream: str, key: str, rule: str) -> None:
    assert refused(call, "PutRecord", StreamName=stream, Data=b"", PartitionKey=key) == (
        "ValidationException",
        FAILED.format(f"'{key}' at 'partitionKey'", f"length {rule}"),
    )
    records = [{"Data": b"", "PartitionKey": "k"}, {"Data": b"", "PartitionKey": key}]
    assert refused(call, "PutRecords", StreamName=stream, Records=records) == (
        "ValidationException",
        FAILED.format(f"'{key}' at 'records.2.member.partitionKey'", f"length {rule}"),
    )
    assert data(call("GetRecords", ShardIterator=iterator(call))) == []
    call("PutRecord", StreamName=stream, Data=b"", PartitionKey="é" * 256)


@pytest.mark.parametrize("key", [None, 5, ["k"], "\ud800"])
def test_a_record_without_a_partition_key_that_is_text_is_refused(call: Call, stream: str, key: Any) -> None:
    for operation, request in (
        ("PutRecord", {"Data": b"", "PartitionKey": key}),
        ("PutRecords", {"Records": [{"Data": b"", "PartitionKey": key}]}),
    ):
        code, message = refused(call, operation, StreamName=stream, **request)
        assert code == ("ValidationException" if key is None else "SerializationException")
        assert "artitionKey'" in message


def test_an_explicit_hash_key_is_a_number_of_128_bits(call: Call, stream: str) -> None:
    request = {"StreamName": stream, "Data": b"", "PartitionKey": "k"}
    for key in ("0", str(2**128 - 1)):
        call("PutRecord", **request, ExplicitHashKey=key)
    assert refused(call, "PutRecord", **request, ExplicitHashKey=str(2**128))[0] == "InvalidArgumentException"
    for key in ("-1", "01", "", "1.0", "٣"):
        assert refused(call, "PutRecord", **request, ExplicitHashKey=key)[0] == "ValidationException"


def test_a_call_puts_all_or_nothing(call: Call, stream: str) -> None:
    records = [{"Data": b"a", "PartitionKey": "k"}, {"Data": b"b", "PartitionKey": "k", "ExplicitHashKey": str(2**128)}]

    assert refused(call, "PutRecords", StreamName=stream, Records=records)[0] == "InvalidArgumentException"

    assert data(call("GetRecords", ShardIterator=iterator(call))) == []


@pytest.mark.parametrize("count", [0, 501])
def test_a_call_puts_1_to_500_records(call: Call, stream: str, count: int) -> None:
    code, message = refused(call, "PutRecords", StreamName=stream, Records=[{"Data": b"", "PartitionKey": "k"}] * count)

    assert code == "ValidationException"
    assert "at 'records' failed to satisfy constraint: Member must have length" in message
    assert len(put(call, *[b""] * 500)) == 500


def test_a_record_has_up_to_1_mib_with_its_key_or_what_the_stream_allows(call: Call, stream: str) -> None:
    most = {"StreamName": stream, "Data": b"x" * (MEBIBYTE - 2), "PartitionKey": "é"}
    call("PutRecord", **most)
    more = {**most, "PartitionKey": "éé"}
    assert refused(call, "PutRecord", **more) == (
        "ValidationException",
        FAILED.format("at 'data'", "length less than or equal to 1048576"),
    )

    arn = call("DescribeStreamSummary", StreamName=stream)["StreamDescriptionSummary"]["StreamARN"]
    call("UpdateMaxRecordSize", StreamARN=arn, MaxRecordSizeInKiB=2048)
    call("PutRecord", **more)


def test_a_call_puts_and_gets_up_to_10_mib(call: Call, stream: str) -> None:
    datum = b"x" * (MEBIBYTE - 1)
    put(call, *[datum] * 10)
    code, message = refused(call, "PutRecords", StreamName=stream, Records=[{"Data": datum, "PartitionKey": "k"}] * 11)
    assert (code, message) == ("InvalidArgumentException", "Records size exceeds 10 MB limit")

    put(call, datum)
    answer = call("GetRecords", ShardIterator=iterator(call))
    assert len(answer["Records"]) == 10
    assert len(call("GetRecords", ShardIterator=answer["NextShardIterator"])["Records"]) == 1


@pytest.mark.parametrize("limit", [0, 10_001])
def test_a_call_gets_1_to_10_000_records(call: Call, stream: str, limit: int) -> None:
    code, message = refused(call, "GetRecords", ShardIterator=iterator(call), Limit=limit)
    assert code == "ValidationException"
    assert f"Value '{limit}' at 'limit' failed to satisfy constraint: Member must have value" in message


def test_each_read_has_a_new_iterator_also_when_nothing_was_read(call: Call, stream: str) -> None:
    seen = [iterator(call)]
    for _ in range(5):
        seen.append(call("GetRecords", ShardIterator=seen[-1])["NextShardIterator"])
    assert len(set(seen)) == len(seen)


def test_a_reader_that_has_nothing_to_read_keeps_its_place_beyond_five_minutes(
    call: Call, stream: str, clock: Clock
) -> None:
    start = here = iterator(call, "LATEST")
    for _ in range(3):
        clock.now += 200
        here = call("GetRecords", ShardIterator=here)["NextShardIterator"]
    put(call, b"late")

    assert data(call("GetRecords", ShardIterator=here)) == [b"late"]
    assert refused(call, "GetRecords", ShardIterator=start)[0] == "ExpiredIteratorException"


def test_millis_behind_latest_is_the_age_of_the_last_record_read_while_more_follow(
    call: Call, stream: str, clock: Clock
) -> None:
    put(call, b"a", b"b")
    clock.now += 2.5
    put(call, b"c")
    clock.now += 1

    first = call("GetRecords", ShardIterator=iterator(call), Limit=2)
    second = call("GetRecords", ShardIterator=first["NextShardIterator"], Limit=2)
    third = call("GetRecords", ShardIterator=second["NextShardIterator"])

    assert [answer["MillisBehindLatest"] for answer in (first, second, third)] == [3500, 0, 0]


def test_a_closed_shard_that_is_read_to_its_end_names_its_children(call: Call, stream: str) -> None:
    put(call, b"a", b"b")
    call("SplitShard", StreamName=stream, ShardToSplit=FIRST, NewStartingHashKey=str(2**127))

    first = call("GetRecords", ShardIterator=iterator(call), Limit=1)
    last = call("GetRecords", ShardIterator=first["NextShardIterator"])

    assert "ChildShards" not in first
    assert "NextShardIterator" not in last
    assert last["ChildShards"] == [
        {
            "ShardId": f"shardId-00000000000{number}",
            "ParentShards": [FIRST],
            "HashKeyRange": {"StartingHashKey": start, "EndingHashKey": end},
        }
        for number, start, end in ((1, "0", str(2**127 - 1)), (2, str(2**127), str(2**128 - 1)))
    ]
    # A valid iterator for the end: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_GetShardIterator.html
    assert "NextShardIterator" not in call("GetRecords", ShardIterator=iterator(call, "LATEST"))


def test_a_merged_shard_names_both_parents(call: Call) -> None:
    call("CreateStream", StreamName="s", ShardCount=2)
    second = "shardId-000000000001"
    call("MergeShards", StreamName="s", ShardToMerge=FIRST, AdjacentShardToMerge=second)

    answer = call("GetRecords", ShardIterator=iterator(call))

    assert [child["ParentShards"] for child in answer["ChildShards"]] == [[FIRST, second]]


def test_records_disappear_at_the_end_of_retention(call: Call, stream: str, clock: Clock) -> None:
    (old,) = put(call, b"old")
    clock.pass_hours(23)
    put(call, b"young")
    waiting = iterator(call)
    assert data(call("GetRecords", ShardIterator=waiting)) == [b"old", b"young"]

    clock.pass_hours(1.5)

    assert data(call("GetRecords", ShardIterator=iterator(call))) == [b"young"]
    for kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        here = iterator(call, kind, StartingSequenceNumber=old)
        assert data(call("GetRecords", ShardIterator=here)) == [b"young"]
    here = iterator(call, "AT_TIMESTAMP", Timestamp=datetime.fromtimestamp(0, UTC))
    assert data(call("GetRecords", ShardIterator=here)) == [b"young"]


def test_a_longer_retention_keeps_them_and_a_shorter_one_drops_them(call: Call, stream: str, clock: Clock) -> None:
    call("IncreaseStreamRetentionPeriod", StreamName=stream, RetentionPeriodHours=48)
    put(call, b"x")
    clock.pass_hours(30)
    assert data(call("GetRecords", ShardIterator=iterator(call))) == [b"x"]

    call("DecreaseStreamRetentionPeriod", StreamName=stream, RetentionPeriodHours=24)

    assert data(call("GetRecords", ShardIterator=iterator(call))) == []


@pytest.mark.parametrize(
    ("operation", "hours", "why"),
    [
        ("IncreaseStreamRetentionPeriod", 23, "Minimum allowed retention period is 24 hours"),
        ("IncreaseStreamRetentionPeriod", 8761, "Maximum allowed retention period is 8760 hours"),
        ("IncreaseStreamRetentionPeriod", 47, "can not be shorter than existing"),
        ("DecreaseStreamRetentionPeriod", 23, "Minimum allowed retention period is 24 hours"),
        ("DecreaseStreamRetentionPeriod", 8761, "Maximum allowed retention period is 8760 hours"),
        ("DecreaseStreamRetentionPeriod", 49, "can not be longer than existing"),
    ],
)
def test_retention_has_bounds(call: Call, stream: str, operation: str, hours: int, why: str) -> None:
    call("IncreaseStreamRetentionPeriod", StreamName=stream, RetentionPeriodHours=48)

    code, message = refused(call, operation, StreamName=stream, RetentionPeriodHours=hours)

    assert code == "InvalidArgumentException"
    assert why in message


def test_an_encrypted_streams_records_say_so(call: Call, stream: str) -> None:
    call("StartStreamEncryption", StreamName=stream, EncryptionType="KMS", KeyId="alias/aws/kinesis")
    put(call, b"x")
    (record,) = call("GetRecords", ShardIterator=iterator(call))["Records"]
    assert record["EncryptionType"] == "KMS"
