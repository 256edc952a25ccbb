"""Streams: create, delete, describe, list."""

import os

from millrace_localstack.plugin.kinesis import account, descriptions, pages
from millrace_localstack.plugin.kinesis.account import KinesisAccount
from millrace_localstack.plugin.kinesis.operations import Answer, Request, stream_of
from millrace_localstack.plugin.kinesis.operations.settings import check_warm_throughput
from millrace_localstack.plugin.kinesis.operations.tags import check_tags

# LocalStack's setting, in milliseconds: how long a stream is UPDATING.
UPDATE_SECONDS = float(os.environ.get("KINESIS_LATENCY") or 500) / 1000
# A call lists up to this many.
MOST_STREAMS = MOST_SHARDS = 100


def create_stream(caller: KinesisAccount, request: Request) -> Answer:
    mode = request.get("StreamModeDetails", {}).get("StreamMode", "PROVISIONED")
    tags = request.get("Tags", {})
    check_tags({}, tags)
    check_warm_throughput(mode, request)
    stream = caller.create(request["StreamName"], request.get("ShardCount"), mode, UPDATE_SECONDS)
    stream.tags.update(tags)
    stream.max_record_bytes = 1024 * request.get("MaxRecordSizeInKiB", 1024)
    return None


def delete_stream(caller: KinesisAccount, request: Request) -> Answer:
    stream = stream_of(caller, request)
    account.of_arn(stream.arn)[0].delete(stream, bool(request.get("EnforceConsumerDeletion")))
    return None


def describe_stream(caller: KinesisAccount, request: Request) -> Answer:
    stream = stream_of(caller, request)
    size = min(request.get("Limit", MOST_SHARDS), MOST_SHARDS)
    shards, more = pages.page(stream.shards, lambda shard: shard.id, request.get("ExclusiveStartShardId"), size)
    return {"StreamDescription": descriptions.stream(stream, shards, more)}


def describe_stream_summary(caller: KinesisAccount, request: Request) -> Answer:
    return {"StreamDescriptionSummary": descriptions.summary(stream_of(caller, request))}


def list_streams(caller: KinesisAccount, request: Request) -> Answer:
    after = request.get("ExclusiveStartStreamName")
    if token := request.get("NextToken"):
        (after,) = pages.fields("ListStreams", token, 1)
    size = min(request.get("Limit", MOST_STREAMS), MOST_STREAMS)
    streams, more = pages.page(caller.streams, lambda stream: stream.name, after, size)
    answer = {
        "StreamNames": [stream.name for stream in streams],
        "HasMoreStreams": more,
        "StreamSummaries": [descriptions.entry(stream) for stream in streams],
    }
    return {**answer, "NextToken": pages.next_token("ListStreams", streams[-1].name)} if more else answer


OPERATIONS = {
    "CreateStream": create_stream,
    "DeleteStream": delete_stream,
    "DescribeStream": describe_stream,
    "DescribeStreamSummary": describe_stream_summary,
    "ListStreams": list_streams,
}
