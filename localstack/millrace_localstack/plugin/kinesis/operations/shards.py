"""SplitShard, MergeShards, UpdateShardCount, ListShards."""

from datetime import datetime
from typing import Any

from millrace_localstack.plugin.kinesis import account, descriptions, iterators, pages, shard_filters
from millrace_localstack.plugin.kinesis.account import KinesisAccount
from millrace_localstack.plugin.kinesis.errors import invalid_argument
from millrace_localstack.plugin.kinesis.operations import Answer, Request, stream_of
from millrace_localstack.plugin.kinesis.stream import Stream

MOST_LISTED = 1_000
# What a NextToken of ListShards stands for.
LISTED = ("StreamName", "StreamARN", "ExclusiveStartShardId", "ShardFilter", "StreamCreationTimestamp")


def split_shard(caller: KinesisAccount, request: Request) -> Answer:
    stream = stream_of(caller, request)
    account.of_arn(stream.arn)[0].check_shards(1)
    stream.split(request["ShardToSplit"], int(request["NewStartingHashKey"]))
    return None


def merge_shards(caller: KinesisAccount, request: Request) -> Answer:
    stream_of(caller, request).merge(request["ShardToMerge"], request["AdjacentShardToMerge"])
    return None


def update_shard_count(caller: KinesisAccount, request: Request) -> Answer:
    stream, target = stream_of(caller, request), request["TargetShardCount"]
    current = stream.scale(target)
    return {
        "StreamName": stream.name,
        "StreamARN": stream.arn,
        "CurrentShardCount": current,
        "TargetShardCount": target,
    }


def list_shards(caller: KinesisAccount, request: Request) -> Answer:
    if token := request.get("NextToken"):
        if named := [name for name in LISTED if request.get(name) is not None]:
            raise invalid_argument(f"NextToken and {named[0]} cannot be provided together.")
        arn, after, shard_filter = pages.fields("ListShards", token, 3)
        stream = account.stream_of_arn(arn)
    else:
        stream, after = stream_of(caller, request), request.get("ExclusiveStartShardId")
        shard_filter = _filter(stream, request)
    size = min(request.get("MaxResults", MOST_LISTED), MOST_LISTED)
    horizon = max(stream.horizon, stream.created_at)
    shards, more = pages.page(
        shard_filters.apply(stream.shards, shard_filter, horizon), lambda shard: shard.id, after, size
    )
    answer: dict[str, Any] = {"Shards": [descriptions.shard(shard) for shard in shards]}
    if more:
        answer["NextToken"] = pages.next_token("ListShards", stream.arn, shards[-1].id, shard_filter)
    return answer


def _filter(stream: Stream, request: Request) -> dict[str, Any]:
    created: datetime | None = request.get("StreamCreationTimestamp")
    if created is not None and int(created.timestamp()) != int(stream.created_at):
        raise invalid_argument(f"Stream {stream.name} was not created at {created}.")
    shard_filter = request.get("ShardFilter") or {"Type": "FROM_TRIM_HORIZON"}
    if shard_filter.get("Timestamp") is not None:
        return {**shard_filter, "Timestamp": iterators.past(shard_filter["Timestamp"])}
    return dict(shard_filter)


OPERATIONS = {
    "SplitShard": split_shard,
    "MergeShards": merge_shards,
    "UpdateShardCount": update_shard_count,
    "ListShards": list_shards,
}
