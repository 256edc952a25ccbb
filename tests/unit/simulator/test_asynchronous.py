import json
from typing import Any

import pytest

from simulator import (
    AsyncFaults,
    AsyncInvoker,
    AsyncSettings,
    Buckets,
    Destination,
    Function,
    FunctionFaults,
    S3Client,
    World,
)
from tests.unit.simulator.conftest import Script


def invoker(world: World, script: Script, **faults: Any) -> AsyncInvoker:
    return AsyncInvoker(world, Function(world, lambda: script, faults=FunctionFaults(**faults)), AsyncSettings())


def test_function_errors_are_retried_after_one_and_after_two_minutes(world: World) -> None:
    script, calls = Script(*[ValueError()] * 3), []
    made = invoker(world, script)
    made.send({}, on_delivery=lambda: calls.append(world.now))
    world.run()
    first, second, third = script.times
    assert second - first == pytest.approx(60, abs=1)
    assert third - second == pytest.approx(120, abs=1)
    assert len(calls) == 3
    assert (made.counts["dropped"], made.quiet) == (1, True)


def test_the_attempts_have_one_request_id(world: World) -> None:
    """Recorded: at 0, 60 and 180 seconds, under one request id."""
    ids, start = list[tuple[str, float]](), world.now

    def handle(event: Any, context: Any) -> None:
        ids.append((context.aws_request_id, world.now - start))
        raise ValueError

    invoker = AsyncInvoker(world, Function(world, lambda: handle))
    invoker.send({})
    world.run()
    assert len({request_id for request_id, _ in ids}) == 1
    assert [at for _, at in ids] == pytest.approx([0, 60, 180], abs=1)


@pytest.mark.parametrize(("age", "count"), [(60.0, 1), (90.0, 2)])
def test_an_event_expires_between_its_retries(world: World, age: float, count: int) -> None:
    """Recorded: EventAgeExceeded with this `approximateInvokeCount`."""
    buckets = Buckets(world)
    destination = Destination(world, S3Client(world, buckets), "failures")
    # Without any delay, so that the retry is due at the very end of the age.
    function = Function(world, lambda: Script(*[ValueError()] * 3), faults=FunctionFaults(seconds=(0.0, 0.0)))
    AsyncInvoker(world, function, AsyncSettings(2, age), destination).send({})
    world.run()
    [body] = buckets.objects("failures").values()
    document = json.loads(body)
    assert document["requestContext"]["condition"] == "EventAgeExceeded"
    assert document["requestContext"]["approximateInvokeCount"] == count
    assert document["responseContext"]["functionError"] == "Unhandled"


def test_success_ends_it(world: World) -> None:
    script = Script(ValueError(), None)
    made = invoker(world, script)
    made.send({})
    world.run()
    assert (len(script.events), made.counts["dropped"], made.quiet) == (2, 0, True)


def test_throttles_use_up_no_retry(world: World) -> None:
    script = Script(ValueError(), ValueError(), None)
    made = invoker(world, script, throttled=((0, world.now + 3600),))
    made.send({})
    world.run()
    assert (len(script.events), made.counts["dropped"]) == (3, 0)
    assert made.counts["throttled"] > 10


def test_the_event_age_bounds_throttles(world: World) -> None:
    start, script = world.now, Script()
    made = invoker(world, script, throttle=1)
    made.send({})
    world.run()
    assert script.events == []
    assert made.counts["dropped"] == 1
    assert 6 * 3600 < world.now - start < 6 * 3600 + 400


def test_events_can_be_run_twice(world: World) -> None:
    script = Script()
    made = AsyncInvoker(world, Function(world, lambda: script), faults=AsyncFaults(duplicate=1))
    made.send({})
    world.run()
    assert (len(script.events), made.counts["duplicates"], made.quiet) == (2, 1, True)
