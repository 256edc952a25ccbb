"""Resharding, and which shards are listed."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from millrace_localstack.plugin.kinesis import hash_keys
from millrace_localstack.plugin.kinesis.errors import KinesisError
from millrace_localstack.plugin.kinesis.operations import streams
from tests.unit.millrace_localstack.kinesis.conftest import Clock

type Call = Callable[..., Any]
SCALING = {"StreamName": "s", "ScalingType": "UNIFORM_SCALING"}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams are ACTIVE again at once."""
    monkeypatch.setattr(streams, "UPDATE_SECONDS", 0.0)


def shard(number: int) -> str:
    return f"shardId-{number:012}"


def create(call: Call, shards: int) -> None:
    call("CreateStream", StreamName="s", ShardCount=shards)


def listed(call: Call, **request: Any) -> list[int]:
    """The numbers of the shards."""
    return [int(one["ShardId"][8:]) for one in call("ListShards", **{"StreamName": "s", **request})["Shards"]]


def open_ranges(call: Call) -> list[tuple[int, int]]:
    shards = call("ListShards", StreamName="s", ShardFilter={"Type": "AT_LATEST"})["Shards"]
    ranges = [one["HashKeyRange"] for one in shards]
    return sorted((int(one["StartingHashKey"]), int(one["EndingHashKey"])) for one in ranges)


def refused(call: Call, operation: str, **request: Any) -> tuple[str, str]:
    with pytest.raises(KinesisError) as raised:
        call(operation, **{"StreamName": "s", **request})
    return raised.value.code, raised.value.message


def test_one_shard_becomes_four_in_two_steps_and_no_fewer(call: Call) -> None:
    create(call, 1)
    assert refused(call, "UpdateShardCount", **SCALING, TargetShardCount=4) == (
        "InvalidArgumentException",
        "UpdateShardCount cannot scale up over double your current open shard count. Current open shard count: 1 "
        "Target shard count: 4",
    )
    assert open_ranges(call) == hash_keys.uniform(1)

    for current, target in ((1, 2), (2, 4)):
        answer = call("UpdateShardCount", **SCALING, TargetShardCount=target)
        assert (answer["CurrentShardCount"], answer["TargetShardCount"]) == (current, target)
        assert open_ranges(call) == hash_keys.uniform(target)

    assert listed(call) == [0, 1, 2, 3, 4, 5, 6]
    assert call("DescribeStreamSummary", StreamName="s")["StreamDescriptionSummary"]["OpenShardCount"] == 4


def test_two_shards_become_three_equal_ones_by_way_of_short_lived_ones(call: Call) -> None:
    create(call, 2)

    call("UpdateShardCount", **SCALING, TargetShardCount=3)

    assert open_ranges(call) == hash_keys.uniform(3)
    assert listed(call) == [0, 1, 2, 3, 4, 5, 6]


def test_a_stream_is_scaled_ten_times_a_day(call: Call, clock: Clock) -> None:
    create(call, 1)
    for number in range(10):
        call("UpdateShardCount", **SCALING, TargetShardCount=2 - number % 2)
    assert refused(call, "UpdateShardCount", **SCALING, TargetShardCount=2)[0] == "LimitExceededException"
    clock.pass_hours(24.1)
    call("UpdateShardCount", **SCALING, TargetShardCount=2)


def test_a_stream_is_updating_for_a_while_and_still_takes_records(
    call: Call, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "UPDATE_SECONDS", 0.5)
    create(call, 1)

    def status() -> str:
        found: str = call("DescribeStreamSummary", StreamName="s")["StreamDescriptionSummary"]["StreamStatus"]
        return found

    call("UpdateShardCount", **SCALING, TargetShardCount=2)

    assert status() == "UPDATING"
    call("PutRecord", StreamName="s", Data=b"", PartitionKey="k")
    assert refused(call, "UpdateShardCount", **SCALING, TargetShardCount=4) == (
        "ResourceInUseException",
        "Stream s under account 000000000000 not ACTIVE, instead in state UPDATING",
    )
    clock.now += 0.5
    assert status() == "ACTIVE"
    call("UpdateShardCount", **SCALING, TargetShardCount=4)


@pytest.mark.parametrize("start", [0, 1, 2**128 - 1])
def test_a_shard_is_split_inside_its_range(call: Call, start: int) -> None:
    create(call, 1)
    code, message = refused(call, "SplitShard", ShardToSplit=shard(0), NewStartingHashKey=str(start))
    assert code == "InvalidArgumentException"
    assert "is not both greater than one plus the shard's StartingHashKey 0 and less than" in message


def test_shards_that_are_closed_unknown_or_apart_are_not_resharded(call: Call) -> None:
    create(call, 4)
    call("SplitShard", StreamName="s", ShardToSplit=shard(0), NewStartingHashKey="1000")

    split = refused(call, "SplitShard", ShardToSplit=shard(0), NewStartingHashKey="2000")
    assert split[0] == "InvalidArgumentException"
    assert split[1].startswith("Shard shardId-000000000000 in stream s") and "already been merged or split" in split[1]  # noqa: PT018
    unknown = refused(call, "SplitShard", ShardToSplit=shard(99), NewStartingHashKey="2000")
    assert unknown == (
        "ResourceNotFoundException",
        "Could not find shard shardId-000000000099 in stream s under account 000000000000.",
    )
    for first, second in ((1, 3), (1, 1)):
        apart = refused(call, "MergeShards", ShardToMerge=shard(first), AdjacentShardToMerge=shard(second))
        assert apart[0] == "InvalidArgumentException"
        assert "are not an adjacent pair of shards eligible for merging" in apart[1]
    call("MergeShards", StreamName="s", ShardToMerge=shard(3), AdjacentShardToMerge=shard(2))


def test_an_on_demand_stream_is_not_resharded(call: Call) -> None:
    call("CreateStream", StreamName="s", StreamModeDetails={"StreamMode": "ON_DEMAND"})
    assert listed(call) == [0, 1, 2, 3]
    for operation, request in (
        ("UpdateShardCount", {"TargetShardCount": 8, "ScalingType": "UNIFORM_SCALING"}),
        ("SplitShard", {"ShardToSplit": shard(0), "NewStartingHashKey": "1000"}),
        ("MergeShards", {"ShardToMerge": shard(0), "AdjacentShardToMerge": shard(1)}),
    ):
        code, message = refused(call, operation, **request)
        assert (code, message[-18:]) == ("ValidationException", "in On-Demand mode.")


def test_an_account_has_20_000_shards(call: Call) -> None:
    assert refused(call, "CreateStream", ShardCount=20_001)[0] == "LimitExceededException"


def test_shards_are_listed_in_pages(call: Call) -> None:
    create(call, 5)
    first = call("ListShards", StreamName="s", MaxResults=2)
    second = call("ListShards", NextToken=first["NextToken"], MaxResults=2)
    third = call("ListShards", NextToken=second["NextToken"])

    pages = [[one["ShardId"] for one in page["Shards"]] for page in (first, second, third)]
    assert pages == [[shard(0), shard(1)], [shard(2), shard(3)], [shard(4)]]
    assert "NextToken" not in third
    assert listed(call, ExclusiveStartShardId=shard(2)) == [3, 4]


def test_a_token_of_a_page_stands_alone_and_expires(call: Call, clock: Clock) -> None:
    create(call, 2)
    token = call("ListShards", StreamName="s", MaxResults=1)["NextToken"]
    code, message = refused(call, "ListShards", NextToken=token)
    assert (code, message) == (
        "InvalidArgumentException",
        "NextToken and StreamName cannot be provided together.",
    )
    clock.now += 301
    with pytest.raises(KinesisError) as raised:
        call("ListShards", NextToken=token)
    assert raised.value.code == "ExpiredNextTokenException"
    with pytest.raises(KinesisError) as raised:
        call("ListShards", NextToken="nonsense")
    assert raised.value.code == "InvalidArgumentException"


def test_a_call_lists_1_000_shards_and_describes_100(call: Call) -> None:
    create(call, 1_001)
    assert len(listed(call, MaxResults=10_000)) == 1_000
    described = call("DescribeStream", StreamName="s", Limit=10_000)["StreamDescription"]
    assert (len(described["Shards"]), described["HasMoreShards"]) == (100, True)
    rest = call("DescribeStream", StreamName="s", ExclusiveStartShardId=shard(999))["StreamDescription"]
    assert ([one["ShardId"] for one in rest["Shards"]], rest["HasMoreShards"]) == ([shard(1_000)], False)


@pytest.mark.parametrize("operation", ["ListShards", "DescribeStream"])
@pytest.mark.parametrize("limit", [0, 10_001])
def test_limits_of_lists(call: Call, operation: str, limit: int) -> None:
    create(call, 1)
    name = "MaxResults" if operation == "ListShards" else "Limit"
    code, message = refused(call, operation, **{name: limit})
    assert code == "ValidationException"
    assert f"Value '{limit}' at '{name[0].lower()}{name[1:]}' failed to satisfy constraint" in message


def test_shards_are_filtered(call: Call, clock: Clock) -> None:
    """Shard 0 is split into 1 and 2 after 10 hours."""
    create(call, 1)
    clock.pass_hours(10)
    call("SplitShard", StreamName="s", ShardToSplit=shard(0), NewStartingHashKey=str(2**127))
    clock.pass_hours(10)

    def at(hours_ago: float) -> datetime:
        return datetime.fromtimestamp(clock.now - 3600 * hours_ago, UTC)

    def found(kind: str, **where: Any) -> list[int]:
        return listed(call, ShardFilter={"Type": kind, **where})

    assert found("AT_LATEST") == [1, 2]
    assert found("AT_TRIM_HORIZON") == [0]
    assert found("FROM_TRIM_HORIZON") == [0, 1, 2]
    assert found("AFTER_SHARD_ID", ShardId=shard(1)) == [2]
    assert found("AT_TIMESTAMP", Timestamp=at(15)) == [0]
    assert found("AT_TIMESTAMP", Timestamp=at(5)) == [1, 2]
    assert found("AT_TIMESTAMP", Timestamp=at(1_000)) == [0]  # the trim horizon
    assert found("FROM_TIMESTAMP", Timestamp=at(15)) == [0, 1, 2]
    assert found("FROM_TIMESTAMP", Timestamp=at(5)) == [1, 2]
    for kind in ("AFTER_SHARD_ID", "AT_TIMESTAMP", "FROM_TIMESTAMP"):
        assert refused(call, "ListShards", ShardFilter={"Type": kind})[0] == "InvalidArgumentException"


def test_a_closed_shard_is_listed_until_its_records_have_expired(call: Call, clock: Clock) -> None:
    create(call, 1)
    call("SplitShard", StreamName="s", ShardToSplit=shard(0), NewStartingHashKey=str(2**127))
    clock.pass_hours(23.9)
    assert listed(call) == [0, 1, 2]

    clock.pass_hours(0.2)

    assert listed(call) == [1, 2]
    where = {"ShardId": shard(0), "ShardIteratorType": "TRIM_HORIZON"}
    assert refused(call, "GetShardIterator", **where)[0] == "ResourceNotFoundException"
    call("UpdateShardCount", **SCALING, TargetShardCount=1)
    assert listed(call) == [1, 2, 3]
