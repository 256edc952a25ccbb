from collections.abc import Callable
from typing import Any

import pytest

from simulator import Function, FunctionFaults, Outcome, Violation, World
from tests.unit.simulator.conftest import Script

Make = Callable[..., Function]


def outcome_of(function: Function, event: Any = None) -> Outcome:
    outcomes: list[Outcome] = []
    function.invoke(event, outcomes.append)
    function.world.run()
    return outcomes[0]


def test_a_response_comes_through_json_when_the_time_of_the_invocation_is_over(world: World, function: Make) -> None:
    def handle(event: Any, context: Any) -> Any:
        world.pass_time(2)
        return {"a": (1, 2)}

    start = world.now
    outcome = outcome_of(function(handle))
    assert outcome.status == "returned"
    assert outcome.response == {"a": [1, 2]}
    assert world.now == start + outcome.seconds > start + 2


@pytest.mark.parametrize("response", [{1, 2}, object(), {"b": b"bytes"}])
def test_a_response_that_is_not_json_is_a_function_error(function: Make, response: Any) -> None:
    outcome = outcome_of(function(Script(response)))
    assert (outcome.status, outcome.is_function_error) == ("raised", True)


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit(1)])
def test_what_the_handler_raises_is_a_function_error(function: Make, error: BaseException) -> None:
    outcome = outcome_of(function(Script(error)))
    assert (outcome.status, outcome.error) == ("raised", error)
    assert outcome.payload["errorType"] == type(error).__name__


def test_a_violation_ends_the_simulation(world: World, function: Make) -> None:
    with pytest.raises(Violation):
        function(Script(Violation("seen what must not be"))).invoke(None, print)


def test_remaining_time_and_time_out(world: World, function: Make) -> None:
    left: list[int] = []

    def slow(event: Any, context: Any) -> None:
        left.append(context.get_remaining_time_in_millis())
        world.pass_time(4)
        left.append(context.get_remaining_time_in_millis())
        world.pass_time(10)

    outcome = outcome_of(function(slow, timeout_seconds=10))
    assert left == [10_000, 6_000]
    assert (outcome.status, outcome.seconds) == ("timed_out", 10)


def test_a_kill_without_an_interruption_point_loses_the_response(function: Make) -> None:
    script = Script({"ok": 1})
    outcome = outcome_of(function(script, faults=FunctionFaults(kill=1)))
    assert (outcome.status, outcome.response, len(script.events)) == ("killed", None, 1)


def test_reserved_concurrency_throttles(world: World, function: Make) -> None:
    script = Script()
    outcomes: list[Outcome] = []
    made = function(script, concurrency=1)
    made.invoke(1, outcomes.append)
    made.invoke(2, outcomes.append)
    world.run()
    assert sorted(outcome.status for outcome in outcomes) == ["returned", "throttled"]
    assert outcomes[0].was_not_invoked
    assert script.events == [1]


def test_throttles_in_a_window(world: World, function: Make) -> None:
    window = (world.now, world.now + 10)
    made = function(Script(), faults=FunctionFaults(throttled=(window,)))
    assert outcome_of(made).status == "throttled"
    world.run(until=window[1])
    assert outcome_of(made).status == "returned"


def test_each_concurrent_invocation_has_a_container_of_its_own_and_warm_ones_are_used_again(world: World) -> None:
    containers: list[list[int]] = []

    def make() -> Callable[..., None]:
        seen: list[int] = []
        containers.append(seen)
        return lambda event, context: seen.append(event)

    function = Function(world, make, faults=FunctionFaults(recycle=0))
    function.invoke(1, lambda _: function.invoke(3, lambda _: None))
    function.invoke(2, lambda _: None)
    world.run()
    assert len(containers) == function.cold_starts == 2
    assert sorted(event for seen in containers for event in seen) == [1, 2, 3]


@pytest.mark.parametrize(("recycle", "kill", "builds"), [(0, 0, 1), (1, 0, 3), (0, 1, 3)])
def test_containers_are_recycled_by_chance_and_always_after_a_kill(
    world: World, recycle: float, kill: float, builds: int
) -> None:
    function = Function(world, lambda: Script(), faults=FunctionFaults(recycle=recycle, kill=kill))
    for _ in range(3):
        outcome_of(function)
    assert function.cold_starts == builds


def test_containers_that_were_not_used_for_a_while_are_thrown_away(world: World) -> None:
    function = Function(world, lambda: Script(), faults=FunctionFaults(recycle=0))
    function.invoke(1, lambda _: None)
    function.invoke(2, lambda _: None)
    world.run()
    since = world.now + 1.0
    world.at(since, lambda: function.invoke(3, lambda _: None))
    world.run()
    function.recycle(unused_since=since)
    function.invoke(4, lambda _: None)
    assert function.cold_starts == 2, "the one that was used since"
    function.invoke(5, lambda _: None)
    assert function.cold_starts == 3
    function.recycle()
    world.run()
    function.recycle()
    outcome_of(function)
    assert function.cold_starts == 4


def test_an_error_while_a_container_is_built_is_a_function_error(world: World) -> None:
    def make() -> Any:
        raise OSError("no configuration")

    outcome = outcome_of(Function(world, make))
    assert (outcome.status, str(outcome.error)) == ("raised", "no configuration")


def test_a_caller_waits_for_a_call(world: World, function: Make) -> None:
    made = function(Script(lambda event, context: world.pass_time(3)))
    start = world.now
    outcome = made.call({})
    assert world.now == start + outcome.seconds >= start + 3
