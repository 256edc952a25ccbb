import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resilience.retry import Retry
from tests.fakes.clock import CALL, FakeClock


def pauses(clock, share, count):
    """The first pauses where the random number is always `share`."""
    retry = Retry(base=0.1, cap=1.0, random=lambda: share, sleep=clock.sleep)
    attempts = list(itertools.islice(retry.attempts(clock.deadline(1_000)), count + 1))
    assert attempts == list(range(count + 1))
    return clock.slept


def test_the_first_attempt_comes_at_once(clock):
    assert pauses(clock, 1.0, 0) == []


@pytest.mark.parametrize(
    ("share", "expected"),
    [(0.0, [0, 0, 0, 0, 0, 0]), (0.5, [0.05, 0.1, 0.2, 0.4, 0.5, 0.5]), (1.0, [0.1, 0.2, 0.4, 0.8, 1.0, 1.0])],
)
def test_pauses_are_a_random_share_of_a_bound_that_doubles_up_to_the_cap(clock, share, expected):
    assert pauses(clock, share, 6) == pytest.approx(expected)


def test_pauses_stay_within_their_bounds_with_the_real_random_numbers(clock):
    retry = Retry(base=0.1, cap=1.0, sleep=clock.sleep)
    for _ in itertools.islice(retry.attempts(clock.deadline(1_000)), 50):
        pass
    assert all(0 <= pause <= min(1.0, 0.1 * 2**i) for i, pause in enumerate(clock.slept))
    assert len(set(clock.slept)) > 40


def test_many_attempts_without_a_pause_do_not_overflow(clock):
    assert len(pauses(clock, 0.0, 1_100)) == 1_100


def test_there_is_no_attempt_without_time_for_one(clock):
    assert list(Retry(sleep=clock.sleep).attempts(clock.deadline(CALL))) == []


def test_it_does_not_sleep_towards_an_attempt_that_cannot_be_made(clock):
    retry = Retry(base=2, cap=2, random=lambda: 1.0, sleep=clock.sleep)
    assert list(retry.attempts(clock.deadline(CALL + 1.9))) == [0]
    assert clock.slept == []


@given(st.floats(0, 60), st.floats(0, 10), st.floats(0, 1))
def test_no_attempt_ever_begins_without_the_time_that_a_call_may_take(seconds, call, share):
    clock = FakeClock()
    deadline = clock.deadline(seconds)
    for attempt in Retry(random=lambda: share, sleep=clock.sleep).attempts(deadline):
        assert deadline.remaining() > CALL
        clock.now += call
        if attempt == 50:
            break
    assert sum(clock.slept) <= max(0, seconds)
