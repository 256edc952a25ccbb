"""The events of a stack's streams in a time, as the envelopes that a redrive of them would have."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from millrace import sources
from millrace.errors import UserError
from millrace.services.kinesis import SERVICE
from millrace.stack import Stack
from sources.kinesis import KinesisSource
from sources.redrive import envelope

PAGE = 5_000


def moment(text: str, option: str) -> datetime:
    """A time in ISO 8601, UTC by default. Raises UserError."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise UserError(f"{option}: expected a time such as 2026-11-27T12:00, got {text!r}") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def lines(stack: Stack, model: str, begin: datetime, end: datetime) -> Iterator[bytes]:
    """A line of JSON for each event that arrived in the time, stream by stream. Raises UserError without a stream.

    An event keeps its position, and so the prediction id that it had.
    """
    kinesis = KinesisSource()
    streams = [output["arn"] for part, output in sources.deployed(stack.outputs).values() if part.name == kinesis.name]
    if not streams:
        raise UserError(f"stack {stack.name}: expected a Kinesis stream, which keeps its events, got none")
    client = stack.client(SERVICE)
    for arn in streams:
        for shard, found in records(client, arn, begin, end):
            for record in kinesis.records(_envelope(arn, shard, found), model):
                yield json.dumps(envelope(record), separators=(",", ":")).encode() + b"\n"


def records(client: Any, arn: str, begin: datetime, end: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    """Shard and record of what arrived in a time, shard by shard; closed shards too."""
    for page in client.get_paginator("list_shards").paginate(StreamARN=arn):
        for shard in page["Shards"]:
            for found in _of_shard(client, arn, shard["ShardId"], begin):
                if found["ApproximateArrivalTimestamp"] >= end:
                    break
                yield shard["ShardId"], found


def _of_shard(client: Any, arn: str, shard: str, begin: datetime) -> Iterator[dict[str, Any]]:
    asked = client.get_shard_iterator(StreamARN=arn, ShardId=shard, ShardIteratorType="AT_TIMESTAMP", Timestamp=begin)
    following = asked["ShardIterator"]
    while following:
        page = client.get_records(ShardIterator=following, Limit=PAGE, StreamARN=arn)
        yield from page["Records"]
        # At the end of an open shard there is always a next iterator.
        following = page.get("NextShardIterator") if page["Records"] or page.get("MillisBehindLatest") else None


def _envelope(arn: str, shard: str, record: dict[str, Any]) -> dict[str, Any]:
    """As Lambda gives it to a function."""
    return {
        "eventSource": KinesisSource.event_source,
        "eventSourceARN": arn,
        "eventID": f"{shard}:{record['SequenceNumber']}",
        "kinesis": {
            "partitionKey": record["PartitionKey"],
            "sequenceNumber": record["SequenceNumber"],
            "data": base64.b64encode(record["Data"]).decode("ascii"),
            "approximateArrivalTimestamp": record["ApproximateArrivalTimestamp"].timestamp(),
        },
    }
