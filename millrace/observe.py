"""Reading what a stack gave: predictions from the sink, entries from the failure store, dead letters."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from typing import Any

from millrace.accounting import Found, Prediction
from millrace.redrive import on_failure
from millrace.redrive.dead_letters import DeadLetters
from millrace.redrive.objects import Objects
from millrace.stack import Stack
from records import kpl

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


def predictions(data: bytes, published_at: float) -> list[Prediction]:
    """The predictions in one Kinesis record: one, or as many as were aggregated in it."""
    bodies = [user.data for user in kpl.deaggregate(data)] if data.startswith(kpl.MAGIC) else [data]
    return [prediction(body, published_at) for body in bodies]


class Failures:
    """What lies in quarantine, in the on-failure store and in the dead-letter queue of a stack.

    Made once and asked often: each version of an object is fetched once.
    """

    def __init__(self, stack: Stack) -> None:
        self._store = stack.outputs["failure_store"]
        self._objects = Objects(stack.client("s3"), self._store["bucket"])
        self._sqs, self._queue_url = stack.client("sqs"), stack.outputs["event_topic"]["undelivered_queue_url"]
        self._fetched: dict[tuple[str, str], dict[str, str]] = {}

    def add_to(self, found: Found) -> None:
        """Put what lies in the store now in the place of what lay there: redriven events are gone from it.

        Dead letters are added to those that were found before: one that somebody looks at is hidden for a while.
        """
        found.quarantined = self._ids(self._store["quarantine_prefix"], _quarantined)
        found.on_failure = set(self._ids(self._store["on_failure_prefix"], _given_up))
        found.dead_letters.update(_dead_letters(self._sqs, self._queue_url))

    def _ids(self, prefix: str, parse: Callable[[bytes], dict[str, str]]) -> dict[str, str]:
        """Prediction ids below the prefix, with their codes if they have any."""
        ids: dict[str, str] = {}
        for key, etag in self._objects.listed(prefix):
            if (key, etag) not in self._fetched:
                found = self._objects.read(key, etag)
                if found is None:  # redriven meanwhile, or written anew: the next look tells
                    continue
                self._fetched[key, etag] = parse(found[1])
            ids |= self._fetched[key, etag]
        return ids


def on_failure_ids(document: dict[str, Any]) -> list[str]:
    """The prediction ids of the records in an on-failure object."""
    return [record.prediction_id for record in on_failure.given_up(document)]


def _quarantined(body: bytes) -> dict[str, str]:
    entries = map(json.loads, body.splitlines())
    return {entry["prediction_id"]: entry["code"] for entry in entries}


def _given_up(body: bytes) -> dict[str, str]:
    return dict.fromkeys(on_failure_ids(json.loads(body)), "")


def _dead_letters(sqs: Any, queue_url: str) -> Iterator[str]:
    """Look at the messages, and show them again."""
    with closing(DeadLetters(sqs, queue_url, hidden_seconds=10, wait_seconds=0)) as letters:
        for holding in letters.holdings():
            yield from (waiting.prediction_id for waiting in holding.waiting)
