"""Reading what a stack gave: predictions from the sink, entries from the failure store, dead letters."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

from millrace import sources
from millrace.accounting.account import Found
from millrace.redrive import on_failure
from millrace.redrive.dead_letters import DeadLetters
from millrace.redrive.objects import Objects
from millrace.stack import Stack
from sources.objects import StoredObjects


class Failures:
    """What is in quarantine, in the on-failure store and in the dead-letter queues of a stack.

    Made once and asked often: each version of an object is fetched once.
    """

    def __init__(self, stack: Stack) -> None:
        self._store, self._model = stack.outputs["failure_store"], stack.outputs["model"]["name"]
        s3 = stack.client("s3")
        # Events may only name the objects that they are about.
        self._objects, self._named = Objects(s3, self._store["bucket"]), StoredObjects(s3)
        self._sqs, self._queues = stack.client("sqs"), sources.dead_letter_queues(stack.outputs).values()
        self._fetched: dict[tuple[str, str], dict[str, str]] = {}

    def add_to(self, found: Found) -> None:
        """Replace what was in the store with what is there now: redriven events are gone from it.

        Dead letters are added to those that were found before: one that another reader received is hidden for a while.
        """
        found.quarantined = self._ids(self._store["quarantine_prefix"], _quarantined)
        found.on_failure = set(self._ids(self._store["on_failure_prefix"], self._given_up))
        for url in self._queues:
            found.dead_letters.update(_dead_letters(self._sqs, url, self._model))

    def _given_up(self, body: bytes) -> dict[str, str]:
        return dict.fromkeys(on_failure_ids(json.loads(body), self._model, self._named), "")

    def _ids(self, prefix: str, parse: Callable[[bytes], dict[str, str]]) -> dict[str, str]:
        """Prediction ids below the prefix, with their codes if they have any."""
        ids: dict[str, str] = {}
        for key, etag in self._objects.listed(prefix):
            if (key, etag) not in self._fetched:
                found = self._objects.read(key, etag)
                if found is None:  # redriven meanwhile, or written again: the next look finds it
                    continue
                self._fetched[key, etag] = parse(found[1])
            ids |= self._fetched[key, etag]
        return ids


def on_failure_ids(document: dict[str, Any], model: str, named: StoredObjects | None = None) -> list[str]:
    """The prediction ids of the records in an on-failure object. named : reads objects that events name."""
    return [record.prediction_id for record in on_failure.given_up(document, model, named)]


def _quarantined(body: bytes) -> dict[str, str]:
    entries = map(json.loads, body.splitlines())
    return {entry["prediction_id"]: entry["code"] for entry in entries}


def _dead_letters(sqs: Any, queue_url: str, model: str) -> Iterator[str]:
    """Look at the messages, and show them again."""
    with closing(DeadLetters(sqs, queue_url, model, hidden_seconds=10, wait_seconds=0)) as letters:
        for holding in letters.holdings():
            yield from (waiting.prediction_id for waiting in holding.waiting)
