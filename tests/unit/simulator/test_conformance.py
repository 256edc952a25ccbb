"""The simulator does what AWS was recorded, and documents, to do: each case."""

from dataclasses import replace

import pytest

from simulator.conformance import (
    QUEUE_CASES,
    STREAM_CASES,
    QueueCase,
    StreamCase,
    StreamObserved,
    queue_on_simulator,
    stream_on_simulator,
)


@pytest.mark.parametrize("case", STREAM_CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("seed", range(3))
def test_a_stream(case: StreamCase, seed: int) -> None:
    seen = stream_on_simulator(case, seed)
    assert case.matches(seen), seen


@pytest.mark.parametrize("case", QUEUE_CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("seed", range(3))
def test_a_queue(case: QueueCase, seed: int) -> None:
    assert queue_on_simulator(case, seed) == case.expected


def test_a_case_can_fail() -> None:
    case = STREAM_CASES[0]
    assert not case.matches(StreamObserved(case.expected.deliveries[1:], case.expected.failures))
    assert not case.matches(StreamObserved(case.expected.deliveries))
    other = replace(case, settings=replace(case.settings, maximum_retry_attempts=1))
    assert not case.matches(stream_on_simulator(other))
