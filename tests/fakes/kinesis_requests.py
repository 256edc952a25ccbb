"""A request that each operation of Kinesis accepts, on a stream with a shard and a consumer."""

from typing import Any


def good_requests(name: str, arn: str, consumer_arn: str, iterator: str, data: Any) -> dict[str, dict[str, Any]]:
    """`data`: a blob as the caller writes it (bytes; base64 in JSON)."""
    stream = {"StreamName": name}
    resource = {"ResourceARN": arn}
    mode = {"StreamModeDetails": {"StreamMode": "PROVISIONED"}}
    consumer = {"ConsumerARN": consumer_arn}
    encryption = {"EncryptionType": "KMS", "KeyId": "alias/aws/kinesis"}
    record = {"Data": data, "PartitionKey": "k", "ExplicitHashKey": "0"}
    return {
        "AddTagsToStream": {**stream, "Tags": {"a": "b"}},
        "CreateStream": {"StreamName": f"{name}-2", "ShardCount": 1, "Tags": {"a": "b"}, **mode},
        "DecreaseStreamRetentionPeriod": {**stream, "RetentionPeriodHours": 24},
        "DeleteResourcePolicy": resource,
        "DeleteStream": stream,
        "DeregisterStreamConsumer": consumer,
        "DescribeAccountSettings": {},
        "DescribeLimits": {},
        "DescribeStream": {**stream, "Limit": 1},
        "DescribeStreamConsumer": consumer,
        "DescribeStreamSummary": stream,
        "DisableEnhancedMonitoring": {**stream, "ShardLevelMetrics": ["ALL"]},
        "EnableEnhancedMonitoring": {**stream, "ShardLevelMetrics": ["ALL"]},
        "GetRecords": {"ShardIterator": iterator, "Limit": 1},
        "GetResourcePolicy": resource,
        "GetShardIterator": {**stream, "ShardId": "shardId-000000000000", "ShardIteratorType": "LATEST"},
        "IncreaseStreamRetentionPeriod": {**stream, "RetentionPeriodHours": 48},
        "ListShards": {**stream, "ShardFilter": {"Type": "AFTER_SHARD_ID", "ShardId": "shardId-000000000000"}},
        "ListStreamConsumers": {"StreamARN": arn, "MaxResults": 1},
        "ListStreams": {"Limit": 1},
        "ListTagsForResource": resource,
        "ListTagsForStream": {**stream, "Limit": 1},
        "MergeShards": {
            **stream,
            "ShardToMerge": "shardId-000000000000",
            "AdjacentShardToMerge": "shardId-000000000001",
        },
        "PutRecord": {**stream, **record},
        "PutRecords": {**stream, "Records": [record]},
        "PutResourcePolicy": {**resource, "Policy": "{}"},
        "RegisterStreamConsumer": {"StreamARN": arn, "ConsumerName": "another"},
        "RemoveTagsFromStream": {**stream, "TagKeys": ["a"]},
        "SplitShard": {**stream, "ShardToSplit": "shardId-000000000000", "NewStartingHashKey": "1000"},
        "StartStreamEncryption": {**stream, **encryption},
        "StopStreamEncryption": {**stream, **encryption},
        "SubscribeToShard": {
            **consumer,
            "ShardId": "shardId-000000000000",
            "StartingPosition": {"Type": "TRIM_HORIZON"},
        },
        "TagResource": {**resource, "Tags": {"a": "b"}},
        "UntagResource": {**resource, "TagKeys": ["a"]},
        "UpdateAccountSettings": {"MinimumThroughputBillingCommitment": {"Status": "DISABLED"}},
        "UpdateMaxRecordSize": {"StreamARN": arn, "MaxRecordSizeInKiB": 2048},
        "UpdateShardCount": {**stream, "TargetShardCount": 2, "ScalingType": "UNIFORM_SCALING"},
        "UpdateStreamMode": {"StreamARN": arn, **mode},
        "UpdateStreamWarmThroughput": {"StreamARN": arn, "WarmThroughputMiBps": 1},
    }
