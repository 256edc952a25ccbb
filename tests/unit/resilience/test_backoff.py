"""Pauses are random shares, of numbers that no two containers have in common."""

import random
import statistics

from resilience.backoff import full_jitter, uniform


def test_numbers_are_uniform_below_one():
    drawn = [uniform() for _ in range(20_000)]

    assert all(0 <= number < 1 for number in drawn)
    assert len(set(drawn)) == len(drawn)
    assert abs(statistics.mean(drawn) - 0.5) < 0.02  # ten standard deviations
    assert abs(statistics.pvariance(drawn) - 1 / 12) < 0.01


def test_containers_from_one_snapshot_do_not_share_their_random_numbers():
    """SnapStart restores the state of `random` in each container: jitter would be the same in all of them."""
    drawn = []
    for _ in range(2):
        random.seed(1)  # the snapshot
        drawn.append(uniform())
    assert drawn[0] != drawn[1]


def test_a_pause_is_a_share_of_a_bound_that_doubles_up_to_the_cap():
    assert [full_jitter(attempt, 1.0, 5.0, lambda: 0.5) for attempt in range(5)] == [0.5, 1.0, 2.0, 2.5, 2.5]
    assert full_jitter(10_000, 1.0, 5.0, lambda: 0.5) == 2.5
