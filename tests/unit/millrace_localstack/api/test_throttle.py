from datetime import UTC, datetime, timedelta

import pytest

from millrace_localstack.plugin.api.throttle import Quotas, Throttles


def test_a_burst_and_then_the_rate() -> None:
    now = [0.0]
    throttles = Throttles(lambda: now[0])

    assert [throttles.takes("a", 2, 3) for _ in range(5)] == [True, True, True, False, False]
    now[0] = 1.0
    assert [throttles.takes("a", 2, 3) for _ in range(3)] == [True, True, False]
    assert throttles.takes("b", 2, 3)
    now[0] = 100.0
    assert [throttles.takes("a", 2, 3) for _ in range(4)] == [True, True, True, False]


@pytest.mark.parametrize(("period", "days"), [("DAY", 1), ("WEEK", 7), ("MONTH", 31)])
def test_a_quota_of_each_period(period: str, days: int) -> None:
    now = [datetime(2026, 11, 30, 12, tzinfo=UTC)]
    quotas = Quotas(lambda: now[0])

    assert [quotas.takes("a", 2, period) for _ in range(3)] == [True, True, False]
    assert quotas.takes("b", 2, period)
    now[0] += timedelta(days=days)
    assert quotas.takes("a", 2, period)
