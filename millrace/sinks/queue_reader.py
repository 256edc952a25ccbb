"""Reads predictions that arrive in a queue of the tool's own."""

import time
from collections.abc import Callable, Iterator
from typing import Protocol

from millrace.accounting.prediction import Prediction, prediction
from millrace.services import sqs
from millrace.sinks.operations import PredictionReader, Published


class PredictionQueue(Protocol):
    def bodies(self, wait_seconds: int) -> Iterator[str]:
        """Predictions that came, each once; waits for the first one for up to `wait_seconds`."""


class QueuePredictionReader(PredictionReader):
    """Takes the messages of a queue that has no other reader; they were published when they are read."""

    service = sqs.SERVICE
    poll_seconds = 1.0

    def __init__(self, queue: PredictionQueue) -> None:
        self._queue = queue

    def open(self) -> None:
        """Nothing to find: what came before this is not in the queue."""

    def __call__(self, report: Callable[[Published], None]) -> None:
        found: list[Prediction] = []
        unreadable = 0
        # A call takes a few of many messages, and one of an empty queue waits: more are asked for until none came.
        for body in self._queue.bodies(wait_seconds=1):
            try:
                found.append(prediction(body, time.time()))
            except (ValueError, KeyError, TypeError):
                unreadable += 1
        came = bool(found or unreadable)
        report(Published(found, unreadable, behind=self.poll_seconds if came else 0.0))
