"""Reading predictions from sinks that hand a message to one reader: a queue, whether it is the sink or its observer."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Self

from millrace.accounting.prediction import Prediction, prediction

# A message takes two calls for ten: one reader alone falls behind a full stream.
READERS = 2


class QueueReader:
    """Takes predictions out of a queue, in threads, until it is closed."""

    def __init__(self, sqs: Any, queue_url: str, on_predictions: Callable[[Sequence[Prediction]], None]) -> None:
        self._sqs, self._queue_url, self._on_predictions = sqs, queue_url, on_predictions
        self._closed, self._lock = threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._read, daemon=True) for _ in range(READERS)]
        self._error: BaseException | None = None

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        for thread in self._threads:
            thread.join()

    def check(self) -> None:
        if self._error is not None:
            raise self._error

    def _read(self) -> None:
        try:
            while not self._closed.is_set():
                self._take()
        except Exception as error:
            self._error = error

    def _take(self) -> None:
        messages = self._sqs.receive_message(QueueUrl=self._queue_url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get(
            "Messages", []
        )
        if messages:
            found = [prediction(message["Body"], time.time()) for message in messages]
            with self._lock:
                self._on_predictions(found)
            entries = [{"Id": str(i), "ReceiptHandle": m["ReceiptHandle"]} for i, m in enumerate(messages)]
            self._sqs.delete_message_batch(QueueUrl=self._queue_url, Entries=entries)
