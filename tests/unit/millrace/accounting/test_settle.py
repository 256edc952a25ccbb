from collections.abc import Callable
from typing import Any

import pytest

from millrace.accounting import failures as observe
from millrace.accounting.account import Found
from millrace.accounting.settle import PATIENCE_SECONDS, PAUSE_SECONDS, TICK_SECONDS, Settlement
from millrace.stack import Stack
from tests.fakes.clock import FakeClock
from tests.fakes.runs import identity, prediction, receipt

STACK = Stack("test", {}, {"model": {"name": "sessions"}})


class World:
    """What turns up while the settlement waits: `plan` has what to do, by seconds since the start."""

    def __init__(self, clock: FakeClock, quarantined: dict[str, str]) -> None:
        self.plan: dict[float, Callable[[], object]] = {}
        self.quarantined = quarantined
        self.settlement = Settlement(STACK, clock=clock, sleep=self.sleep)
        self._clock, self._start = clock, clock.now

    @property
    def passed(self) -> float:
        return self._clock.now - self._start

    def sleep(self, seconds: float) -> None:
        self._clock.sleep(seconds)
        for due in [due for due in self.plan if due <= self.passed]:
            self.plan.pop(due)()

    def predict(self, *keys: str) -> None:
        self.settlement.add([prediction(identity(key)) for key in keys])

    def wait(self, *keys: str, **options: Any) -> Any:
        return self.settlement.wait([receipt(key) for key in keys], **({"check": lambda: None} | options))


@pytest.fixture
def world(clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> World:
    """The failure store is the world's own: reading the real one is tested elsewhere."""
    quarantined: dict[str, str] = {}

    class Failures:
        def __init__(self, stack: Stack) -> None:
            assert stack is STACK

        def add_to(self, found: Found) -> None:
            found.quarantined.update(quarantined)

    monkeypatch.setattr(observe, "Failures", Failures)
    return World(clock, quarantined)


def test_it_ends_at_once_when_all_is_found(world: World) -> None:
    world.predict("a", "b")

    account = world.wait("a", "b")

    assert account.complete
    assert world.passed == 0


def test_nothing_sent_is_settled(world: World) -> None:
    assert world.wait().complete
    assert world.passed == 0


def test_it_ends_as_soon_as_the_last_one_turns_up(world: World) -> None:
    world.plan = {5.0: lambda: world.predict("a"), 10.0: lambda: world.quarantined.update({identity("b"): "NOT_UTF8"})}

    account = world.wait("a", "b")

    assert (account.predictions, account.quarantined, account.unaccounted) == (1, {"NOT_UTF8": 1}, ())
    assert world.passed == pytest.approx(10.0, abs=PAUSE_SECONDS)


def test_predictions_are_not_waited_for_until_the_next_look(world: World) -> None:
    world.plan = {0.3: lambda: world.predict("a"), 0.6: lambda: world.predict("b")}

    assert world.wait("a", "b").complete
    assert world.passed == pytest.approx(0.6, abs=TICK_SECONDS)


def test_it_gives_up_when_nothing_comes(world: World) -> None:
    account = world.wait("a", "b")

    assert account.unaccounted == tuple(sorted(map(identity, ("a", "b"))))
    assert world.passed == pytest.approx(PATIENCE_SECONDS, abs=PAUSE_SECONDS)


def test_progress_renews_the_patience(world: World) -> None:
    world.plan = {25.0: lambda: world.predict("a"), 50.0: lambda: world.predict("b")}

    account = world.wait("a", "b", "lost", patience=30.0)

    assert account.unaccounted == (identity("lost"),)
    assert world.passed == pytest.approx(80.0, abs=2 * PAUSE_SECONDS)


def test_what_others_sent_is_no_progress(world: World) -> None:
    world.plan = {float(second): lambda s=second: world.predict(f"other {s}") for second in range(1, 60)}  # type: ignore[misc]

    account = world.wait("lost", patience=30.0)

    assert account.unaccounted == (identity("lost"),)
    assert world.passed == pytest.approx(30.0, abs=PAUSE_SECONDS)


def test_on_settled_tells_how_far_it_is(world: World) -> None:
    world.plan = {1.0: lambda: world.predict("a", "other"), 2.0: lambda: world.predict("b")}
    counts: list[int] = []

    world.wait("a", "b", on_settled=counts.append)

    assert counts == sorted(counts)
    assert list(dict.fromkeys(counts)) == [0, 1, 2]


def test_what_ended_the_reading_ends_the_waiting(world: World) -> None:
    def check() -> None:
        if world.passed >= 3.0:
            raise ConnectionError("the sink is gone")

    with pytest.raises(ConnectionError, match="the sink is gone"):
        world.wait("a", check=check)
    assert world.passed == pytest.approx(3.0, abs=PAUSE_SECONDS)
