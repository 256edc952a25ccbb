import io
import threading
from typing import Any

import pytest
from rich.console import Console

from millrace import show, watch
from millrace.accounting import Prediction
from millrace.stack import Stack
from millrace.watch import LATEST, WINDOW_SECONDS
from tests.fakes.runs import prediction
from tests.fakes.wait import wait_for


def predictions(count: int, first: int = 0) -> list[Prediction]:
    return [prediction(f"{number:03}") for number in range(first, first + count)]


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    return now


def test_the_latest_are_kept() -> None:
    board = watch._Board()
    board.add(predictions(40))
    board.add(predictions(2, first=40))

    assert board.total == 42
    assert [p.prediction_id for p in board.latest] == [f"{number:03}" for number in range(42 - LATEST, 42)]


def test_the_rate_is_of_the_last_seconds(now: list[float]) -> None:
    board = watch._Board()
    board.add(predictions(100))
    now[0] += WINDOW_SECONDS / 2
    board.add(predictions(50))
    assert board.rate() == 150 / WINDOW_SECONDS

    now[0] += WINDOW_SECONDS / 2 + 0.1
    assert board.rate() == 50 / WINDOW_SECONDS

    now[0] += WINDOW_SECONDS
    assert board.rate() == 0


def test_the_rate_can_be_asked_for_while_predictions_arrive() -> None:
    """The display's thread asks, the reading threads add."""
    board, closed = watch._Board(), threading.Event()

    def read() -> None:
        while not closed.is_set():
            board.add(predictions(1))

    thread = threading.Thread(target=read)
    thread.start()
    try:
        wait_for(lambda: board.total > 100)
        rates = [board.rate() for _ in range(300)]
    finally:
        closed.set()
        thread.join()

    assert min(rates) > 0


class FakeReader:
    """Delivers a few predictions, then ends as told."""

    end: BaseException = KeyboardInterrupt()

    def __init__(self, stack: Stack, on_predictions: Any, *, from_start: bool) -> None:
        self._deliver: Any = on_predictions
        self._from_start = from_start

    def __enter__(self) -> "FakeReader":
        self._deliver(predictions(3, first=100 if self._from_start else 0))
        return self

    def __exit__(self, *_: object) -> None: ...

    def check(self) -> None:
        raise self.end


@pytest.mark.parametrize(("from_start", "event"), [(False, "event of 002"), (True, "event of 102")])
def test_watching_ends_with_ctrl_c_and_what_was_seen(
    from_start: bool, event: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = io.StringIO()
    monkeypatch.setattr(show, "CONSOLE", Console(file=file, force_terminal=False, width=120))
    monkeypatch.setattr(watch, "SinkReader", FakeReader)

    with pytest.raises(KeyboardInterrupt):
        watch.watch(Stack("test", {}, {}), from_start=from_start)

    assert event in file.getvalue()
    assert "3 predictions, 0 a second over the last 10 s" in file.getvalue()


def test_watching_ends_with_what_ended_the_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(show, "CONSOLE", Console(file=io.StringIO()))
    monkeypatch.setattr(watch, "SinkReader", FakeReader)
    monkeypatch.setattr(FakeReader, "end", ConnectionError("the sink is gone"))

    with pytest.raises(ConnectionError, match="the sink is gone"):
        watch.watch(Stack("test", {}, {}), from_start=False)
