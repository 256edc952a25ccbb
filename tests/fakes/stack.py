"""A deployed stack in memory: what Terraform would have made, as far as the command line looks at it."""

import json
from collections.abc import Callable
from typing import Any

from millrace.stack import Stack

REGION = "eu-central-1"
ACCOUNT = "123456789012"


def stack(client: Callable[[str], Any], *, shards: int = 2, environment: dict[str, str] | None = None) -> Stack:
    """The stack `test`, made with the clients that `client` gives."""
    kinesis, sqs, s3, logs = client("kinesis"), client("sqs"), client("s3"), client("logs")
    for name in ("events", "predictions"):
        kinesis.create_stream(StreamName=name, ShardCount=shards)
    for bucket in ("failures", "models"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_versioning(Bucket="models", VersioningConfiguration={"Status": "Enabled"})
    topic = client("sns").create_topic(Name="events")["TopicArn"]
    dead_letters = sqs.create_queue(QueueName="dead-letters")["QueueUrl"]
    logs.create_log_group(logGroupName="/aws/lambda/scorer")
    return Stack("test", environment or {}, outputs(topic, dead_letters))


def outputs(topic: str = "topic", dead_letter_queue_url: str | None = None) -> dict[str, Any]:
    """Terraform's outputs, as in terraform/outputs.tf."""
    return {
        "event_stream": {"name": "events", "arn": stream_arn("events")},
        "event_topic": {"arn": topic},
        "sources": {
            "event_stream": {"type": "kinesis", "name": "events", "arn": stream_arn("events")},
            "event_topic": {
                "type": "sns",
                "arn": topic,
                "delivery": "queued",
                "dead_letter_queue_url": dead_letter_queue_url,
            },
        },
        "failure_store": {
            "bucket": "failures",
            "quarantine_prefix": "quarantine/",
            "on_failure_prefix": "aws/lambda/",
            "redriven_prefix": "redriven/",
        },
        "model": {"name": "sessions"},
        "model_store": {"bucket": "models"},
        "prediction_sink": {"type": "kinesis", "name": "predictions", "arn": stream_arn("predictions")},
        "scorer": {
            "alias": "live",
            "function_name": "scorer",
            "log_group": "/aws/lambda/scorer",
            "timeout_seconds": 60,
        },
    }


def stream_arn(name: str) -> str:
    return f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/{name}"


def prediction_document(key: str, **changes: Any) -> bytes:
    """A prediction as the scorer publishes it; `changes` replace members, None takes them away."""
    members: dict[str, Any] = {
        "prediction_id": key,
        "event_id": f"event of {key}",
        "model": {"name": "sessions", "version": "7", "digest": "d" * 64, "variant": "champion"},
        "score": 0.25,
        "label": "yes",
        "scored_at": "2026-01-02T03:04:05.500Z",
        "source": {
            "type": "kinesis",
            "arn": stream_arn("events"),
            "shard": "shardId-000000000000",
            "position": "1",
            "arrived_at": "2026-01-02T03:04:05.250Z",
        },
    }
    return json.dumps({name: value for name, value in (members | changes).items() if value is not None}).encode()
