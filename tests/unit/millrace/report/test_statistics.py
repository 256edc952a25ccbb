import pytest
from hypothesis import given
from hypothesis import strategies as st

from millrace.report.statistics import histogram, over_time, thinned

SECONDS = st.lists(st.floats(0, 500), min_size=1, max_size=60)


@given(SECONDS)
def test_a_histogram_counts_every_value_once(values: list[float]) -> None:
    bins = histogram(values)

    assert sum(bins.counts) == len(values)
    assert len(bins.edges) == len(bins.counts) + 1 == 41
    assert bins.edges[0] == 0


def test_a_histogram_of_nothing_or_of_one_value_has_a_width() -> None:
    assert sum(histogram([]).counts) == 0
    assert histogram([0.0, 0.0]).counts[0] == 2
    assert histogram([0.0, 5e-324]).counts[0] == 2, "found by Hypothesis: numpy divides no such range"


@given(SECONDS)
def test_rates_over_time_add_up_to_the_events(times: list[float]) -> None:
    points = over_time(times, 0, 500)
    width = points[1][0] - points[0][0]

    assert len(points) <= 121
    assert sum(rate * width for _, rate in points) == pytest.approx(len(times))


def test_a_short_run_has_a_point_for_each_second() -> None:
    assert over_time([10.0, 10.5, 12.1], 10.0, 12.1) == [(0.0, 2.0), (1.0, 0.0), (2.0, 1.0)]


@given(st.integers(0, 1_000))
def test_thinning_keeps_both_ends_and_the_order(count: int) -> None:
    points = [(float(i), float(i)) for i in range(count)]

    few = thinned(points, 20)

    assert len(few) == min(count, 20)
    assert few == sorted(set(few))
    assert few[:1] + few[-1:] == points[:1] + points[-1:]
