"""Which shards ListShards lists."""

from collections.abc import Sequence
from typing import Any

from millrace_localstack.plugin.kinesis.errors import invalid_argument
from millrace_localstack.plugin.kinesis.shard import Shard


def apply(shards: Sequence[Shard], shard_filter: dict[str, Any], horizon: float) -> list[Shard]:
    """`shard_filter`: Type, and ShardId or Timestamp (Unix time) where the type needs it. `horizon`: the oldest
    moment that records are kept of, and not before the stream was created."""
    kind = shard_filter["Type"]
    match kind:
        case "AFTER_SHARD_ID":
            after = _needed(shard_filter, "ShardId")
            return [shard for shard in shards if shard.id > after]
        case "AT_LATEST":
            return [shard for shard in shards if shard.is_open]
        case "FROM_TRIM_HORIZON":
            return list(shards)
        case "AT_TRIM_HORIZON":
            return [shard for shard in shards if shard.open_at(horizon)]
        case "AT_TIMESTAMP":
            moment = max(_needed(shard_filter, "Timestamp"), horizon)
            return [shard for shard in shards if shard.open_at(moment)]
        case "FROM_TIMESTAMP":
            moment = _needed(shard_filter, "Timestamp")
            return [shard for shard in shards if not shard.closed_before(moment)]
    raise AssertionError(kind)


def _needed(shard_filter: dict[str, Any], member: str) -> Any:
    if shard_filter.get(member) is None:
        raise invalid_argument(f"ShardFilter of type {shard_filter['Type']} needs {member}, and none was given.")
    return shard_filter[member]
