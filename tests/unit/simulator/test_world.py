from functools import partial

import pytest

from simulator import Killed, TimedOut, World
from simulator.world import TRACE_LENGTH, Execution, iso


def test_actions_run_in_order_of_time_and_then_of_scheduling(world: World) -> None:
    seen: list[tuple[str, float]] = []
    start = world.now

    def note(name: str) -> None:
        seen.append((name, world.now - start))

    for name, delay in (("late", 2.0), ("first", 1.0), ("second", 1.0)):
        world.after(delay, partial(note, name))
    world.run()
    assert seen == [("first", 1.0), ("second", 1.0), ("late", 2.0)]


def test_run_until_stops_there_and_goes_on_later(world: World) -> None:
    seen: list[float] = []
    world.after(5, lambda: seen.append(world.now))
    start = world.now
    world.run(until=start + 2)
    assert (seen, world.now) == ([], start + 2)
    world.run()
    assert seen == [start + 5]


def test_time_that_passes_in_an_action_is_its_own(world: World) -> None:
    start = world.now
    seen: list[float] = []

    def act(seconds: float) -> None:
        world.pass_time(seconds)
        seen.append(world.now - start)

    world.after(1, lambda: act(10))
    world.after(2, lambda: act(0))
    world.run()
    assert seen == [11, 2]


def test_outside_the_agenda_the_world_goes_on_while_time_passes(world: World) -> None:
    seen: list[int] = []
    world.after(1, lambda: seen.append(1))
    world.pass_time(2)
    assert seen == [1]


def test_run_within_an_action_is_refused(world: World) -> None:
    world.after(1, world.run)
    with pytest.raises(RuntimeError, match="within an action"):
        world.run()


def test_an_execution_ends_at_its_deadline_even_if_that_is_swallowed(world: World) -> None:
    def swallow() -> str:
        try:
            world.pass_time(100)
        except TimedOut:
            return "still here"
        return ""

    execution = Execution(world.now + 3)
    start = world.now
    with pytest.raises(TimedOut):
        world.execute(execution, swallow)
    assert (execution.seconds, world.now) == (3, start)


def test_a_kill_comes_at_its_interruption_point_and_stays(world: World) -> None:
    reached: list[int] = []

    def work() -> None:
        try:
            for i in range(5):
                world.interruption_point()
                reached.append(i)
        finally:
            with pytest.raises(Killed):  # a dead process calls nobody
                world.interruption_point()

    with pytest.raises(Killed):
        world.execute(Execution(world.now + 3, kill_at=3), work)
    assert reached == [0, 1]


def test_what_is_cancelled_does_not_run(world: World) -> None:
    ran: list[int] = []
    numbers = [world.after(float(i), partial(ran.append, i)) for i in range(3)]
    world.cancel(numbers[1])
    world.run()
    assert ran == [0, 2]


def test_uuids_and_randomness_come_from_the_seed() -> None:
    assert World(7).uuid() == World(7).uuid() != World(8).uuid()


def test_the_trace_keeps_the_last_happenings(world: World) -> None:
    for i in range(TRACE_LENGTH + 1):
        world.note("happening", i)
    lines = world.trace().splitlines()
    assert len(lines) == TRACE_LENGTH
    assert lines[-1].endswith(f"happening {TRACE_LENGTH}")


def test_iso_is_as_aws_writes_it() -> None:
    assert iso(1_700_000_000.25) == "2023-11-14T22:13:20.250Z"
