import pytest

from millrace_localstack.plugin.containers.scaling import CPU, REQUESTS, TargetTracking, TaskLimits, TrackingPolicy

ON_REQUESTS = TrackingPolicy(REQUESTS, 100.0, out_seconds=30, in_seconds=300)
ON_CPU = TrackingPolicy(CPU, 50.0, out_seconds=30, in_seconds=300)
LIMITS = TaskLimits(1, 4)


def decided(count, measured, *, policies=(ON_REQUESTS, ON_CPU), now=1000.0, tracking=None):
    return (tracking or TargetTracking()).decide(list(policies), LIMITS, count, measured, now)


@pytest.mark.parametrize(
    ("count", "requests", "cpu", "expected"),
    [
        (1, 100, 10, 1),
        (1, 101, 10, 2),
        (2, 190, 10, 4),
        (1, 5000, 10, 4),  # the most
        (4, 0, 0, 1),  # the least
        (4, 95, 5, 4),  # above 90 % of the target
        (4, 60, 5, 3),
        (2, 10, 80, 4),  # whichever asks for more
        (4, 10, 48, 4),  # and none goes down against the other
    ],
)
def test_the_number_of_tasks_follows_what_was_measured(count, requests, cpu, expected):
    assert decided(count, {REQUESTS: requests, CPU: cpu}) == expected


def test_what_was_not_measured_changes_nothing():
    assert decided(3, {}) == 3


def test_cooldowns():
    tracking, only = TargetTracking(), (ON_REQUESTS,)
    assert decided(1, {REQUESTS: 150}, policies=only, now=0, tracking=tracking) == 2
    assert decided(2, {REQUESTS: 150}, policies=only, now=29, tracking=tracking) == 2
    assert decided(2, {REQUESTS: 150}, policies=only, now=30, tracking=tracking) == 3
    assert decided(3, {REQUESTS: 10}, policies=only, now=329, tracking=tracking) == 3
    assert decided(3, {REQUESTS: 10}, policies=only, now=330, tracking=tracking) == 1
