"""Everybody takes a turn in another order each time; who is slow sits rounds out, but never says too little."""

import time

import pytest

from benchmarks.rounds import FEWEST, Figure, interleave


class FakeWorker:
    """A worker whose runs take so long, on a clock that all of them share."""

    def __init__(self, name: str, seconds: float, clock: list[float], turns: list[str]) -> None:
        self.name, self._seconds, self._clock, self._turns = name, seconds, clock, turns

    def measure(self, size: int) -> float:
        self._clock[0] += self._seconds * size
        self._turns.append(f"{self.name}{size}")
        return self._seconds * size


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    return now


def test_the_order_rotates(clock: list[float]) -> None:
    turns: list[str] = []
    workers = [FakeWorker(name, 1.0, clock, turns) for name in "abc"]

    interleave(workers, [1], seconds=1_000, rounds=3)  # type: ignore[arg-type]

    assert turns == ["a1", "b1", "c1", "b1", "c1", "a1", "c1", "a1", "b1"]


def test_who_is_slow_sits_rounds_out_after_the_first_three(clock: list[float]) -> None:
    workers = [FakeWorker("slow", 100.0, clock, []), FakeWorker("fast", 0.01, clock, [])]

    figures = interleave(workers, [1], seconds=10, rounds=20)  # type: ignore[arg-type]

    assert len(figures["slow", 1].seconds) == FEWEST
    assert len(figures["fast", 1].seconds) == 20


def test_a_worker_is_measured_at_its_own_sizes(clock: list[float]) -> None:
    workers = [FakeWorker("a", 1.0, clock, []), FakeWorker("b", 1.0, clock, [])]

    figures = interleave(workers, [1, 1_000], seconds=10, rounds=3, only={"b": [1]})  # type: ignore[arg-type]

    assert set(figures) == {("a", 1), ("a", 1_000), ("b", 1)}


def test_a_figure_is_a_median_with_its_spread() -> None:
    figure = Figure([1.0, 2.0, 3.0, 4.0, 100.0])

    assert figure.median == 3.0
    assert figure.spread == pytest.approx(1 / 3)
