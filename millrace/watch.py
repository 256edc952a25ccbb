"""`millrace watch`: predictions as they arrive."""

import time
from collections import deque
from collections.abc import Sequence

from rich.console import Group
from rich.live import Live

from millrace import show
from millrace.accounting import Prediction
from millrace.sink_reader import SinkReader
from millrace.stack import Stack

LATEST = 15
WINDOW_SECONDS = 10.0


class _Board:
    def __init__(self) -> None:
        self.total = 0
        self.latest: deque[Prediction] = deque(maxlen=LATEST)
        self._arrivals: deque[tuple[float, int]] = deque()

    def add(self, predictions: Sequence[Prediction]) -> None:
        self.total += len(predictions)
        self.latest.extend(predictions[-LATEST:])
        self._arrivals.append((time.monotonic(), len(predictions)))

    def rate(self) -> float:
        while self._arrivals and self._arrivals[0][0] < time.monotonic() - WINDOW_SECONDS:
            self._arrivals.popleft()
        # A copy, as the reading threads add to it.
        return sum(count for _, count in tuple(self._arrivals)) / WINDOW_SECONDS

    def view(self) -> Group:
        counts = f"{self.total:,} predictions, {self.rate():,.0f} a second over the last {WINDOW_SECONDS:.0f} s"
        return Group(show.predictions_table(tuple(self.latest)), "", counts)


def watch(stack: Stack, *, from_start: bool) -> None:
    """Show a live table until Ctrl-C. Raises what ended the reading."""
    board = _Board()
    with (
        Live(get_renderable=board.view, console=show.CONSOLE, refresh_per_second=4),
        SinkReader(stack, board.add, from_start=from_start) as reader,
    ):
        while True:
            reader.check()
            time.sleep(0.25)
