"""A world, and a function in it whose handler is given by each test."""

from collections.abc import Callable
from typing import Any

import pytest

from simulator import Context, Function, World


class Script:
    """A handler that does what it is told, invocation by invocation, and remembers its events.

    A step is a response, an exception to raise, or a callable that makes the response from event and context. After
    the last step it returns None.
    """

    def __init__(self, *steps: Any) -> None:
        self.steps = list(steps)
        self.events: list[Any] = []
        self.times: list[float] = []

    def __call__(self, event: Any, context: Context) -> Any:
        self.events.append(event)
        self.times.append(context._world.now)
        step = self.steps.pop(0) if self.steps else None
        if isinstance(step, BaseException):
            raise step
        return step(event, context) if callable(step) else step

    @property
    def batches(self) -> list[list[str]]:
        """The sequence numbers of each invocation."""
        return [[record["kinesis"]["sequenceNumber"] for record in event["Records"]] for event in self.events]

    @property
    def sizes(self) -> list[int]:
        return [len(event["Records"]) for event in self.events]


@pytest.fixture
def world() -> World:
    return World(seed=1)


@pytest.fixture
def function(world: World) -> Callable[..., Function]:
    """Makes a function around one handler, without faults unless they are given."""
    return lambda handler, **settings: Function(world, lambda: handler, **settings)
