"""The in-process Kinesis: the calls that Millrace and Terraform make, as Kinesis answers them."""

import time
from itertools import chain, pairwise
from statistics import median
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.localstack.lab import Lab


def read(lab: Lab, stream: str, shard: str, kind: str = "TRIM_HORIZON", **where: Any) -> list[str]:
    kinesis = lab.client("kinesis")
    iterator = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard, ShardIteratorType=kind, **where)
    return [
        record["Data"].decode() for record in kinesis.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    ]


def shards(lab: Lab, stream: str) -> dict[str, Any]:
    return {shard["ShardId"]: shard for shard in lab.client("kinesis").list_shards(StreamName=stream)["Shards"]}


def test_records_are_read_as_they_were_put(lab: Lab) -> None:
    kinesis = lab.client("kinesis")
    stream = lab.stream()
    data = bytes(range(256))
    put = kinesis.put_record(StreamName=stream, Data=data, PartitionKey="clé")

    (shard,) = shards(lab, stream)
    iterator = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard, ShardIteratorType="TRIM_HORIZON")
    answer = kinesis.get_records(ShardIterator=iterator["ShardIterator"])

    (record,) = answer["Records"]
    assert record["Data"] == data
    assert record["PartitionKey"] == "clé"
    assert record["SequenceNumber"] == put["SequenceNumber"]
    assert abs(record["ApproximateArrivalTimestamp"].timestamp() - time.time()) < 60
    assert answer["MillisBehindLatest"] == 0
    following = kinesis.get_records(ShardIterator=answer["NextShardIterator"])
    assert following["Records"] == []


def test_a_stream_can_be_named_by_its_arn_alone(lab: Lab) -> None:
    kinesis = lab.client("kinesis")
    arn = lab.stream_arn(lab.stream())
    entries = [{"Data": b"a", "PartitionKey": "a"}, {"Data": b"b", "PartitionKey": "b"}]

    results = kinesis.put_records(StreamARN=arn, Records=entries)["Records"]

    iterator = kinesis.get_shard_iterator(
        StreamARN=arn, ShardId=results[0]["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )
    answer = kinesis.get_records(ShardIterator=iterator["ShardIterator"])  # an iterator knows its stream
    assert [record["Data"] for record in answer["Records"]] == [b"a", b"b"]
    assert [result["SequenceNumber"] for result in results] == [r["SequenceNumber"] for r in answer["Records"]]


def test_iterators_begin_at_after_and_latest(lab: Lab) -> None:
    stream = lab.stream()
    kinesis = lab.client("kinesis")
    numbers = [kinesis.put_record(StreamName=stream, Data=datum, PartitionKey="k")["SequenceNumber"] for datum in "abc"]
    (shard,) = shards(lab, stream)

    assert read(lab, stream, shard, "AT_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[1]) == ["b", "c"]
    assert read(lab, stream, shard, "AFTER_SEQUENCE_NUMBER", StartingSequenceNumber=numbers[1]) == ["c"]
    assert read(lab, stream, shard, "LATEST") == []
    assert read(lab, stream, shard, "AT_TIMESTAMP", Timestamp=0) == ["a", "b", "c"]
    with pytest.raises(kinesis.exceptions.InvalidArgumentException, match="currentTimestampInMillis"):
        read(lab, stream, shard, "AT_TIMESTAMP", Timestamp=time.time() + 60)


def test_records_are_spread_over_the_shards_by_key(lab: Lab) -> None:
    stream = lab.stream(shards=3)
    lab.put(stream, [str(number) for number in range(300)])

    contents = {shard: read(lab, stream, shard) for shard in shards(lab, stream)}

    assert sorted(chain(*contents.values()), key=int) == [str(number) for number in range(300)]
    assert all(len(content) > 50 for content in contents.values())


def test_limits_are_those_of_kinesis(lab: Lab) -> None:
    kinesis = lab.client("kinesis")
    stream = lab.stream()
    entry = {"Data": b"x", "PartitionKey": "k"}

    with pytest.raises(ClientError, match="ValidationException"):
        kinesis.put_record(StreamName=stream, Data=b"x" * 2**20, PartitionKey="k")  # with its key a byte too long
    with pytest.raises(kinesis.exceptions.InvalidArgumentException, match="10 MB"):
        kinesis.put_records(StreamName=stream, Records=[{**entry, "Data": b"x" * 1_000_000}] * 11)
    with pytest.raises(ClientError, match="ValidationException"):
        kinesis.put_records(StreamName=stream, Records=[entry] * 501)
    with pytest.raises(kinesis.exceptions.InvalidArgumentException, match="double"):
        kinesis.update_shard_count(StreamName=stream, TargetShardCount=4, ScalingType="UNIFORM_SCALING")


def test_unknown_streams_shards_and_iterators_are_refused(lab: Lab) -> None:
    kinesis = lab.client("kinesis")
    with pytest.raises(kinesis.exceptions.ResourceNotFoundException):
        kinesis.put_record(StreamName="no-such-stream", Data=b"x", PartitionKey="k")
    with pytest.raises(kinesis.exceptions.ResourceNotFoundException):
        kinesis.get_shard_iterator(StreamName=lab.stream(), ShardId="shardId-9", ShardIteratorType="LATEST")
    with pytest.raises(kinesis.exceptions.InvalidArgumentException):
        kinesis.get_records(ShardIterator="nonsense")


def test_tags_given_at_creation_are_kept(lab: Lab) -> None:
    """LocalStack's own Kinesis drops them, so that no plan ever comes out clean."""
    kinesis = lab.client("kinesis")
    stream = lab.stream(team="scoring", stage="test")
    arn = lab.stream_arn(stream)

    def tags() -> dict[str, str]:
        return {tag["Key"]: tag["Value"] for tag in kinesis.list_tags_for_resource(ResourceARN=arn)["Tags"]}

    assert tags() == {"team": "scoring", "stage": "test"}
    kinesis.tag_resource(ResourceARN=arn, Tags={"stage": "live"})
    kinesis.untag_resource(ResourceARN=arn, TagKeys=["team"])
    assert tags() == {"stage": "live"}
    assert kinesis.list_tags_for_stream(StreamName=stream)["Tags"] == [{"Key": "stage", "Value": "live"}]


# As a ratio, not as a time: the machine may be busy. kinesis-mock comes to 8 at these sizes.
SLOWDOWN_CEILING = 3.0


def test_a_record_costs_the_same_however_many_are_stored(lab: Lab) -> None:
    kinesis = lab.client("kinesis")
    full = lab.stream()
    entries = [{"Data": b"x" * 300, "PartitionKey": str(number)} for number in range(500)]

    def put(stream: str) -> float:
        began = time.perf_counter()
        kinesis.put_records(StreamName=stream, Records=entries)
        return time.perf_counter() - began

    for _ in range(40):
        put(full)  # 20,000 are stored now
    # In turn, so that what else the machine does is the same for both.
    at_few, at_many = zip(*((put(lab.stream()), put(full)) for _ in range(9)), strict=True)

    assert median(at_many) < SLOWDOWN_CEILING * median(at_few)


def test_a_split_shard_keeps_its_records_and_takes_no_more(lab: Lab) -> None:
    kinesis = lab.client("kinesis")
    stream = lab.stream()
    lab.put(stream, ["before"])
    kinesis.split_shard(StreamName=stream, ShardToSplit="shardId-000000000000", NewStartingHashKey=str(2**127))
    lab.put(stream, [str(number) for number in range(20)])

    parent, *children = shards(lab, stream).values()

    assert read(lab, stream, parent["ShardId"]) == ["before"]
    assert "EndingSequenceNumber" in parent["SequenceNumberRange"]
    assert {child["ParentShardId"] for child in children} == {parent["ShardId"]}
    contents = [read(lab, stream, child["ShardId"]) for child in children]
    assert sorted(chain(*contents), key=int) == [str(number) for number in range(20)]
    assert all(contents)


def test_the_last_read_of_a_closed_shard_has_no_next_iterator(lab: Lab) -> None:
    kinesis = lab.client("kinesis")
    stream = lab.stream(shards=2)
    lab.put(stream, [str(number) for number in range(20)])
    first, second = shards(lab, stream)
    kinesis.merge_shards(StreamName=stream, ShardToMerge=first, AdjacentShardToMerge=second)

    iterator = kinesis.get_shard_iterator(StreamName=stream, ShardId=first, ShardIteratorType="TRIM_HORIZON")
    answer = kinesis.get_records(ShardIterator=iterator["ShardIterator"])

    assert answer["Records"]
    assert answer.get("NextShardIterator") is None
    (child,) = answer["ChildShards"]
    assert child["ParentShards"] == [first, second]


def test_sequence_numbers_grow_along_a_key(lab: Lab) -> None:
    kinesis = lab.client("kinesis")
    stream = lab.stream()

    numbers = [
        int(kinesis.put_record(StreamName=stream, Data=b"x", PartitionKey="k")["SequenceNumber"]) for _ in range(5)
    ]

    assert all(first < second for first, second in pairwise(numbers))
    assert all(number > 2**64 for number in numbers)
