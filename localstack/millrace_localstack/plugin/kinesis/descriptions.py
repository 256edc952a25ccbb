"""Streams, shards and consumers as the API describes them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from millrace_localstack.plugin.kinesis.consumer import Consumer
from millrace_localstack.plugin.kinesis.shard import Shard
from millrace_localstack.plugin.kinesis.stream import Stream


def shard(of: Shard) -> dict[str, Any]:
    numbers = {"StartingSequenceNumber": str(of.log.start)}
    if not of.is_open:
        numbers["EndingSequenceNumber"] = str(of.log.last)
    names = ("ParentShardId", "AdjacentParentShardId")
    return {
        "ShardId": of.id,
        **dict(zip(names, of.parents, strict=False)),
        "HashKeyRange": _hash_key_range(of),
        "SequenceNumberRange": numbers,
    }


def child_shard(of: Shard) -> dict[str, Any]:
    return {"ShardId": of.id, "ParentShards": list(of.parents), "HashKeyRange": _hash_key_range(of)}


def stream(of: Stream, shards: Sequence[Shard], more: bool) -> dict[str, Any]:
    return {**_common(of), "Shards": [shard(one) for one in shards], "HasMoreShards": more}


def summary(of: Stream) -> dict[str, Any]:
    return {
        **_common(of),
        "OpenShardCount": len(of.open_shards),
        "ConsumerCount": len(of.consumers),
        "MaxRecordSizeInKiB": of.max_record_bytes // 1024,
    }


def entry(of: Stream) -> dict[str, Any]:
    """As ListStreams has it."""
    whole = _common(of)
    names = ("StreamName", "StreamARN", "StreamStatus", "StreamModeDetails", "StreamCreationTimestamp")
    return {name: whole[name] for name in names}


def consumer(of: Consumer) -> dict[str, Any]:
    return {
        "ConsumerName": of.name,
        "ConsumerARN": of.arn,
        "ConsumerStatus": "ACTIVE",
        "ConsumerCreationTimestamp": _time(of.created_at),
    }


def _common(of: Stream) -> dict[str, Any]:
    found = {
        "StreamName": of.name,
        "StreamARN": of.arn,
        "StreamStatus": of.status,
        "StreamModeDetails": {"StreamMode": of.mode},
        "RetentionPeriodHours": of.retention_hours,
        "StreamCreationTimestamp": _time(of.created_at),
        "EnhancedMonitoring": [{"ShardLevelMetrics": sorted(of.metrics)}],
        "EncryptionType": of.encryption_type,
    }
    return found if of.key_id is None else {**found, "KeyId": of.key_id}


def _hash_key_range(of: Shard) -> dict[str, str]:
    return {"StartingHashKey": str(of.hash_range.first), "EndingHashKey": str(of.hash_range.last)}


def _time(seconds: float) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
