import pytest

from resilience.deadline import Deadline
from tests.fakes.clock import CALL


@pytest.mark.parametrize(("seconds", "allowed"), [(CALL + 0.001, True), (CALL, False), (0, False), (-1, False)])
def test_a_call_begins_only_where_its_time_outs_still_fit(seconds, allowed):
    assert Deadline(lambda: seconds).allows_call() is allowed


def test_a_pause_before_the_call_counts(clock):
    deadline = clock.deadline(CALL + 2)
    assert deadline.allows_call(after=1.9)
    assert not deadline.allows_call(after=2)


def test_time_runs_out(clock):
    deadline = clock.deadline(CALL + 2)
    clock.now += 3
    assert deadline.remaining() == CALL - 1
    assert not deadline.allows_call()
