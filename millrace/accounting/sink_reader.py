"""Reads predictions from a Kinesis sink as they arrive, every shard in a thread of its own."""

import threading
from collections.abc import Callable, Sequence
from typing import Any

from millrace.accounting.prediction import Prediction, predictions
from millrace.errors import UserError
from millrace.stack import Stack

# Kinesis lets all readers of a shard make 5 calls a second together: most are left to the others.
PAUSE_SECONDS = 0.5


class SinkReader:
    """Reads from now on (or, with `from_start`, from the oldest prediction kept) until it is closed.

    on_predictions : called from the reading threads, one call at a time.
    """

    def __init__(
        self, stack: Stack, on_predictions: Callable[[Sequence[Prediction]], None], *, from_start: bool = False
    ) -> None:
        sink = stack.outputs["prediction_sink"]
        if sink["type"] != "kinesis":
            raise UserError(f"watching needs a prediction sink of type kinesis, this one is {sink['type']}")
        self._kinesis, self._stream = stack.client("kinesis"), sink["name"]
        self._on_predictions = on_predictions
        self._position = "TRIM_HORIZON" if from_start else "LATEST"
        self._lock, self._closed = threading.Lock(), threading.Event()
        self._threads: list[threading.Thread] = []
        self.error: BaseException | None = None

    def __enter__(self) -> "SinkReader":
        shards = [shard["ShardId"] for shard in self._kinesis.list_shards(StreamName=self._stream)["Shards"]]
        starts = [self._start(shard) for shard in shards]
        for shard, start in zip(shards, starts, strict=True):
            thread = threading.Thread(target=self._read, args=(start,), name=shard, daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        for thread in self._threads:
            thread.join()

    def check(self) -> None:
        """Raise here what ended a reading thread."""
        if self.error is not None:
            raise self.error

    def _start(self, shard: str) -> str:
        answer = self._kinesis.get_shard_iterator(
            StreamName=self._stream, ShardId=shard, ShardIteratorType=self._position
        )
        iterator: str = answer["ShardIterator"]
        return iterator

    def _read(self, iterator: str | None) -> None:
        try:
            while iterator and not self._closed.is_set():
                answer = self._kinesis.get_records(ShardIterator=iterator, Limit=10_000)
                self._deliver(answer["Records"])
                iterator = answer.get("NextShardIterator")
                self._closed.wait(0 if answer.get("MillisBehindLatest") else PAUSE_SECONDS)
        except Exception as error:  # shown by whoever waits for predictions
            self.error = error

    def _deliver(self, records: Sequence[Any]) -> None:
        if records:
            found = [
                prediction
                for record in records
                for prediction in predictions(record["Data"], record["ApproximateArrivalTimestamp"].timestamp())
            ]
            with self._lock:
                self._on_predictions(found)
