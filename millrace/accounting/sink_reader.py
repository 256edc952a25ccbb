"""Reads predictions as they arrive in a stack's sink, in a thread of its own."""

import threading
from collections.abc import Callable, Sequence
from typing import Self

from millrace import sinks
from millrace.accounting.prediction import Prediction
from millrace.errors import UserError
from millrace.sinks.operations import PredictionReader, Published
from millrace.stack import Stack

# Kinesis lets all readers of a shard make 5 calls a second together: most are left to the others.
PAUSE_SECONDS = 0.5


class SinkReader:
    """Reads from now on (or from `since`, in seconds since the epoch) until it is closed.

    on_predictions : called from the reading threads, one call at a time. reader : None: that of the type of sink.
    """

    def __init__(
        self,
        stack: Stack,
        on_predictions: Callable[[Sequence[Prediction]], None],
        *,
        since: float | None = None,
        reader: PredictionReader | None = None,
    ) -> None:
        part, output = sinks.deployed(stack.outputs)[sinks.PREDICTION_SINK]
        if (reader := reader or part.reader(output, stack.client, since)) is None:
            raise UserError(f"expected a prediction sink that can be read next to its consumers, got type {part.name}")
        self._reader, self._on_predictions = reader, on_predictions
        self._closed, self._behind = threading.Event(), False
        self._thread = threading.Thread(target=self._read, name="sink reader", daemon=True)
        self.error: BaseException | None = None

    def __enter__(self) -> Self:
        self._reader.open()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._thread.join()

    def check(self) -> None:
        """Raise here what ended the reading thread."""
        if self.error is not None:
            raise self.error

    def _read(self) -> None:
        try:
            while not self._closed.is_set():
                self._behind = False
                self._reader(self._deliver)
                self._closed.wait(0 if self._behind else PAUSE_SECONDS)
        except Exception as error:  # raised by check, in the thread that waits for predictions
            self.error = error

    def _deliver(self, published: Published) -> None:
        if published.unreadable:
            raise UserError(
                f"prediction sink: expected predictions, got {published.unreadable} records of another kind"
            )
        self._behind |= published.behind > 0
        if published.predictions:
            self._on_predictions(published.predictions)
