import math
import threading

import pytest

from stream_producers import Pace, Sessions, produce
from tests.fakes.targets import FakeTarget


class Clock:
    """Time that goes on only while somebody sleeps, or when told."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.slept: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.slept.append(seconds)
        self.now += seconds


def run(pace: Pace, most: int, clock: Clock, call_seconds: float = 0.0, limit: int = 10_000) -> list[tuple[float, int]]:
    """When how many events went, each call taking `call_seconds`."""
    began, sent = clock.now, []
    while (due := pace.wait(most)) and len(sent) < limit:
        sent.append((clock.now - began, due))
        pace.spend(due)
        clock.now += call_seconds
    return sent


def make(clock: Clock, rate: float | None = None, count: int | None = None, duration: float | None = None) -> Pace:
    return Pace(rate, count, duration, clock=clock, sleep=clock.sleep)


def test_without_a_rate_events_go_in_full_batches_and_never_wait() -> None:
    clock = Clock()
    assert run(make(clock, count=1_200), 500, clock) == [(0, 500), (0, 500), (0, 200)]
    assert clock.slept == []


@pytest.mark.parametrize("rate", [3.0, 10, 999.5, 5_000])
@pytest.mark.parametrize("call_seconds", [0.0, 0.01])
def test_a_rate_does_not_drift_whatever_the_calls_take(rate: float, call_seconds: float) -> None:
    clock = Clock()
    sent = run(make(clock, rate=rate, count=int(rate * 10)), 500, clock, call_seconds)
    assert sum(n for _, n in sent) == int(rate * 10)
    gone = 0
    for at, n in sent:
        assert gone + n <= at * rate + 1 + 1e-6, "an event went before it was due"
        gone += n
    assert sent[-1][0] == pytest.approx((gone - 1) / rate, abs=call_seconds + 1e-6)


def test_a_high_rate_goes_in_calls_of_a_tick() -> None:
    clock = Clock()
    assert {n for _, n in run(make(clock, rate=1_000, count=1_000), 500, clock)} == {50}


def test_a_low_rate_goes_one_by_one() -> None:
    clock = Clock()
    assert run(make(clock, rate=2, count=3), 500, clock) == [(0, 1), (0.5, 1), (1.0, 1)]


def test_a_stall_is_caught_up_with() -> None:
    clock = Clock()
    pace = make(clock, rate=100)
    pace.spend(pace.wait(500))
    clock.now += 2.0
    assert pace.wait(500) == pytest.approx(200, abs=5)


def test_a_call_never_gets_more_than_it_can_hold() -> None:
    clock = Clock()
    pace = make(clock, rate=100)
    pace.spend(pace.wait(10))
    clock.now += 60
    assert pace.wait(10) == 10


@pytest.mark.parametrize("rate", [7.0, 100, 1_000])
def test_a_duration_with_a_rate_gives_the_events_that_are_due_in_it(rate: float) -> None:
    clock = Clock()
    sent = run(make(clock, rate=rate, duration=2.5), 500, clock)
    assert sum(n for _, n in sent) == math.ceil(rate * 2.5)
    assert sent[-1][0] < 2.5


def test_a_duration_ends_what_is_too_slow_for_its_rate() -> None:
    clock = Clock()
    sent = run(make(clock, rate=1_000, duration=2), 500, clock, call_seconds=1.0)
    assert [at for at, _ in sent] == pytest.approx([0.049, 1.049, 2.049])


def test_a_duration_without_a_rate_ends_by_the_clock() -> None:
    clock = Clock()
    assert len(run(make(clock, duration=1.0), 500, clock, call_seconds=0.3)) == 4


def test_the_smaller_of_count_and_duration_holds() -> None:
    clock = Clock()
    assert make(clock, rate=10, count=5, duration=10).total == 5
    assert make(clock, rate=10, count=500, duration=10).total == 100
    assert make(clock, duration=10).total is None


def test_a_count_of_0_sends_nothing() -> None:
    assert make(Clock(), count=0).wait(500) == 0


@pytest.mark.parametrize(("rate", "count", "duration"), [(0.0, 1, None), (-1.0, 1, None), (1.0, -1, None), (1, 1, 0.0)])
def test_what_makes_no_sense_is_refused(rate: float, count: int, duration: float | None) -> None:
    with pytest.raises(ValueError, match="expected a"):
        Pace(rate, count, duration)


@pytest.mark.parametrize("rate", [None, 1_000, 0.001])
def test_another_thread_can_end_a_run_also_while_it_waits(rate: float | None) -> None:
    pace = Pace(rate)
    run = threading.Thread(target=produce, args=(Sessions(7).events(), FakeTarget()), kwargs={"pace": pace})
    run.start()
    pace.stop()
    run.join(timeout=10)
    assert not run.is_alive()
    assert pace.wait(500) == 0
