"""Reading what a stack gave: predictions from the sink, entries from the failure store, dead letters."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from millrace.accounting import Found, Prediction
from millrace.stack import Stack
from scorer import sources

PATHS = {"kinesis": "event_stream", "sns": "event_topic", "sqs": "event_topic"}


def prediction(body: str | bytes, published_at: float) -> Prediction:
    """A prediction from its JSON. For many classes `score` is the largest."""
    members = json.loads(body)
    score = members["score"] if "score" in members else max(members["scores"])
    return Prediction(
        prediction_id=members["prediction_id"],
        event_id=members["event_id"],
        version=members["model"]["version"],
        variant=members["model"]["variant"],
        score=score,
        label=members.get("label"),
        path=PATHS[members["source"]["type"]],
        arrived_at=datetime.fromisoformat(members["source"]["arrived_at"]).timestamp(),
        published_at=published_at,
    )


class Failures:
    """What lies in quarantine, in the on-failure store and in the dead-letter queue of a stack.

    Made once and asked often: its objects never change, so each is fetched once.
    """

    def __init__(self, stack: Stack) -> None:
        self._s3, self._sqs = stack.client("s3"), stack.client("sqs")
        self._store = stack.outputs["failure_store"]
        self._queue_url = stack.outputs["event_topic"]["undelivered_queue_url"]
        self._fetched: set[str] = set()

    def add_to(self, found: Found) -> None:
        """Add what is new."""
        for body in self._objects(self._store["quarantine_prefix"]):
            for line in body.splitlines():
                entry = json.loads(line)
                found.quarantined[entry["prediction_id"]] = entry["code"]
        for body in self._objects(self._store["on_failure_prefix"]):
            found.on_failure.update(on_failure_ids(json.loads(body)))
        found.dead_letters.update(_dead_letters(self._sqs, self._queue_url))

    def _objects(self, prefix: str) -> Iterator[bytes]:
        bucket = self._store["bucket"]
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for key in [item["Key"] for item in page.get("Contents", []) if item["Key"] not in self._fetched]:
                yield self._s3.get_object(Bucket=bucket, Key=key)["Body"].read()
                self._fetched.add(key)


def on_failure_ids(document: dict[str, Any]) -> list[str]:
    """The prediction ids of the records in an on-failure object.

    A stream's batch is under `payload`, as a string on AWS and as an object on some emulators; an asynchronous
    invocation's is under `requestPayload`.
    """
    event = document.get("payload") or document.get("requestPayload")
    if isinstance(event, str):
        event = json.loads(event)
    return [record.prediction_id for record in sources.read(event).records]


def _dead_letters(sqs: Any, queue_url: str) -> Iterator[str]:
    """Look at the messages without taking them: they are visible again after a moment."""
    while messages := sqs.receive_message(
        QueueUrl=queue_url, MaxNumberOfMessages=10, VisibilityTimeout=10, AttributeNames=["All"]
    ).get("Messages"):
        for message in messages:
            yield from on_failure_ids({"payload": {"Records": [_as_delivered(message)]}})


def _as_delivered(message: dict[str, Any]) -> dict[str, Any]:
    """A received message in the shape in which Lambda is given it."""
    return {
        "eventSource": "aws:sqs",
        "eventSourceARN": "",
        "messageId": message["MessageId"],
        "body": message["Body"],
        "attributes": message["Attributes"],
    }
