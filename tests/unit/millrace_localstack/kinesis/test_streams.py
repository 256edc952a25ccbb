"""Streams, their tags and their consumers."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from millrace_localstack.plugin.kinesis.errors import KinesisError
from tests.unit.millrace_localstack.kinesis.conftest import Clock

type Call = Callable[..., Any]
ARN = "arn:aws:kinesis:us-east-1:000000000000:stream/s"


@pytest.fixture
def stream(call: Call) -> str:
    call("CreateStream", StreamName="s", ShardCount=2, Tags={"team": "a"})
    return "s"


def code(call: Call, operation: str, **request: Any) -> str:
    with pytest.raises(KinesisError) as raised:
        call(operation, **request)
    return raised.value.code


@pytest.mark.parametrize("name", ["", "a b", "a/b", "é", "s" * 129, "s\n"])
def test_names_of_streams_are_letters_digits_and_three_others(call: Call, name: str) -> None:
    assert code(call, "CreateStream", StreamName=name, ShardCount=1) == "ValidationException"
    assert code(call, "DescribeStream", StreamName=name) == "ValidationException"


def test_a_name_is_taken_once(call: Call, stream: str) -> None:
    assert code(call, "CreateStream", StreamName=stream, ShardCount=1) == "ResourceInUseException"
    call("DeleteStream", StreamName=stream)
    assert code(call, "DescribeStream", StreamName=stream) == "ResourceNotFoundException"
    call("CreateStream", StreamName=stream, ShardCount=1)


def test_a_stream_needs_shards_unless_it_is_on_demand(call: Call) -> None:
    assert code(call, "CreateStream", StreamName="s") == "InvalidArgumentException"
    mode = {"StreamModeDetails": {"StreamMode": "ON_DEMAND"}}
    assert code(call, "CreateStream", StreamName="s", ShardCount=1, **mode) == "InvalidArgumentException"


def test_a_stream_goes_by_its_name_its_arn_or_both(call: Call, stream: str) -> None:
    for named in ({"StreamName": stream}, {"StreamARN": ARN}, {"StreamName": stream, "StreamARN": ARN}):
        assert call("DescribeStreamSummary", **named)["StreamDescriptionSummary"]["StreamName"] == stream
    assert code(call, "DescribeStreamSummary") == "InvalidArgumentException"
    assert code(call, "DescribeStreamSummary", StreamName="t", StreamARN=ARN) == "InvalidArgumentException"
    assert code(call, "DescribeStreamSummary", StreamARN=f"{ARN}x") == "ResourceNotFoundException"
    for arn in ("s", "arn:aws:sqs:us-east-1:000000000000:s", ARN.replace("000000000000", "0")):
        assert code(call, "DescribeStreamSummary", StreamARN=arn) == "ValidationException"


def test_a_summary_has_what_terraform_compares(call: Call, stream: str, clock: Clock) -> None:
    summary = call("DescribeStreamSummary", StreamName=stream)["StreamDescriptionSummary"]
    created = summary.pop("StreamCreationTimestamp")
    assert isinstance(created, datetime)
    assert created.tzinfo is UTC
    assert summary == {
        "StreamName": "s",
        "StreamARN": ARN,
        "StreamStatus": "ACTIVE",
        "StreamModeDetails": {"StreamMode": "PROVISIONED"},
        "RetentionPeriodHours": 24,
        "EnhancedMonitoring": [{"ShardLevelMetrics": []}],
        "EncryptionType": "NONE",
        "OpenShardCount": 2,
        "ConsumerCount": 0,
        "MaxRecordSizeInKiB": 1024,
    }


def test_streams_are_listed_in_pages(call: Call) -> None:
    for name in ("c", "a", "b"):
        call("CreateStream", StreamName=name, ShardCount=1)
    first = call("ListStreams", Limit=2)
    second = call("ListStreams", NextToken=first["NextToken"])
    assert (first["StreamNames"], first["HasMoreStreams"]) == (["a", "b"], True)
    assert (second["StreamNames"], second["HasMoreStreams"]) == (["c"], False)
    assert call("ListStreams", ExclusiveStartStreamName="aa")["StreamNames"] == ["b", "c"]


def test_tags(call: Call, stream: str) -> None:
    call("AddTagsToStream", StreamName=stream, Tags={"stage": "test", "z": ""})
    call("TagResource", ResourceARN=ARN, Tags={"stage": "live"})
    call("UntagResource", ResourceARN=ARN, TagKeys=["team", "unknown"])
    tags = [{"Key": "stage", "Value": "live"}, {"Key": "z", "Value": ""}]
    assert call("ListTagsForResource", ResourceARN=ARN)["Tags"] == tags
    assert call("ListTagsForStream", StreamName=stream, Limit=1) == {"Tags": tags[:1], "HasMoreTags": True}
    rest = call("ListTagsForStream", StreamName=stream, ExclusiveStartTagKey="stage")
    assert rest == {"Tags": tags[1:], "HasMoreTags": False}
    call("RemoveTagsFromStream", StreamName=stream, TagKeys=["z", "stage"])
    assert call("ListTagsForStream", StreamName=stream)["Tags"] == []


def test_a_stream_has_up_to_50_tags(call: Call, stream: str) -> None:
    many = {f"key-{number}": "" for number in range(50)}
    assert code(call, "AddTagsToStream", StreamName=stream, Tags=many) == "InvalidArgumentException"
    call("RemoveTagsFromStream", StreamName=stream, TagKeys=["team"])
    call("AddTagsToStream", StreamName=stream, Tags=many)
    assert code(call, "AddTagsToStream", StreamName=stream, Tags={"x" * 129: ""}) == "ValidationException"


def test_consumers(call: Call, stream: str) -> None:
    consumer = call("RegisterStreamConsumer", StreamARN=ARN, ConsumerName="c")["Consumer"]
    assert code(call, "RegisterStreamConsumer", StreamARN=ARN, ConsumerName="c") == "ResourceInUseException"
    for named in ({"ConsumerARN": consumer["ConsumerARN"]}, {"StreamARN": ARN, "ConsumerName": "c"}):
        described = call("DescribeStreamConsumer", **named)["ConsumerDescription"]
        assert described == {**consumer, "StreamARN": ARN}
    call("RegisterStreamConsumer", StreamARN=ARN, ConsumerName="d")
    page = call("ListStreamConsumers", StreamARN=ARN, MaxResults=1)
    assert page["Consumers"] == [consumer]
    rest = call("ListStreamConsumers", StreamARN=ARN, NextToken=page["NextToken"])
    assert [one["ConsumerName"] for one in rest["Consumers"]] == ["d"]

    call("DeregisterStreamConsumer", StreamARN=ARN, ConsumerName="d")

    assert call("ListStreamConsumers", StreamARN=ARN)["Consumers"] == [consumer]
    assert code(call, "DeregisterStreamConsumer", StreamARN=ARN, ConsumerName="d") == "ResourceNotFoundException"
    assert code(call, "DescribeStreamConsumer", ConsumerName="c") == "InvalidArgumentException"
    assert code(call, "DeleteStream", StreamName=stream) == "ResourceInUseException"
    call("DeleteStream", StreamName=stream, EnforceConsumerDeletion=True)


def test_a_subscription_delivers_up_to_the_end_of_the_shard(call: Call, stream: str) -> None:
    consumer = call("RegisterStreamConsumer", StreamARN=ARN, ConsumerName="c")["Consumer"]["ConsumerARN"]
    first = "shardId-000000000000"
    number = call("PutRecord", StreamName=stream, Data=b"x", PartitionKey="k", ExplicitHashKey="0")["SequenceNumber"]
    events = call("SubscribeToShard", ConsumerARN=consumer, ShardId=first, StartingPosition={"Type": "TRIM_HORIZON"})[
        "EventStream"
    ]

    event = next(events)["SubscribeToShardEvent"]
    call("SplitShard", StreamName=stream, ShardToSplit=first, NewStartingHashKey="1000")
    end = next(events)["SubscribeToShardEvent"]

    assert [record["Data"] for record in event["Records"]] == [b"x"]
    assert event["ContinuationSequenceNumber"] == number
    assert [child["ShardId"][-1] for child in end["ChildShards"]] == ["2", "3"]
    assert list(events) == []


def test_policies_are_kept(call: Call, stream: str) -> None:
    assert call("GetResourcePolicy", ResourceARN=ARN) == {"Policy": "{}"}
    call("PutResourcePolicy", ResourceARN=ARN, Policy='{"Version": "2012-10-17"}')
    assert call("GetResourcePolicy", ResourceARN=ARN) == {"Policy": '{"Version": "2012-10-17"}'}
    call("DeleteResourcePolicy", ResourceARN=ARN)
    assert code(call, "DeleteResourcePolicy", ResourceARN=ARN) == "ResourceNotFoundException"
    assert code(call, "PutResourcePolicy", ResourceARN=ARN, Policy="{") == "InvalidArgumentException"


def test_an_account_can_say_its_limits(call: Call, stream: str) -> None:
    assert call("DescribeLimits") == {
        "ShardLimit": 20_000,
        "OpenShardCount": 2,
        "OnDemandStreamCount": 0,
        "OnDemandStreamCountLimit": 50,
    }


def test_monitoring(call: Call, stream: str) -> None:
    on = call("EnableEnhancedMonitoring", StreamName=stream, ShardLevelMetrics=["ALL"])
    assert (len(on["CurrentShardLevelMetrics"]), len(on["DesiredShardLevelMetrics"])) == (0, 7)
    off = call("DisableEnhancedMonitoring", StreamName=stream, ShardLevelMetrics=["IncomingBytes"])
    assert (len(off["CurrentShardLevelMetrics"]), len(off["DesiredShardLevelMetrics"])) == (7, 6)
