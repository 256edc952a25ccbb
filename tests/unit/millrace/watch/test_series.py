"""Rates and percentiles of the last minutes, in bounded memory."""

import random

import numpy as np
import pytest

from millrace.watch.series import KEPT_SECONDS, RATE_SECONDS, SETTLED_SECONDS, SPREAD_SECONDS, Series, Spread

NOW = 10_000.5


def test_the_rate_is_of_the_last_settled_seconds() -> None:
    series = Series()
    for ago in range(60):
        series.add(NOW - ago, 100 if ago < SETTLED_SECONDS else 10)

    assert series.rate(NOW, began=NOW - 60) == 10
    assert series.rate(NOW + RATE_SECONDS + SETTLED_SECONDS + 1, began=NOW - 60) == 0


def test_a_rate_needs_seconds_that_are_settled() -> None:
    series = Series()
    series.add(NOW, 7)

    assert series.rate(NOW, began=NOW - SETTLED_SECONDS) is None
    assert series.rate(NOW + SETTLED_SECONDS + 1, began=NOW - 2) == 7 / 2


def test_columns_are_rates_and_blank_before_the_beginning() -> None:
    series = Series()
    for ago in range(60):
        series.add(NOW - ago, 20)

    columns = series.columns(NOW, NOW - 60, 60)

    assert len(columns) == 60
    assert columns[:46] == [None] * 46
    assert columns[-2] == 20
    assert sum(column or 0 for column in columns) * 5 == 60 * 20


def test_fewer_columns_are_wider() -> None:
    series = Series()
    series.add(NOW, 8)

    assert len(series.columns(NOW, 0, 38)) == 38
    assert series.columns(NOW, 0, 38)[-1] == 1
    assert series.columns(NOW, 0, 38)[0] == 0


def test_columns_stay_as_they_are_while_they_move() -> None:
    series = Series()
    for ago in range(300):
        series.add(NOW - ago, random.Random(ago).randrange(100))

    now, later = series.columns(NOW, 0, 60), series.columns(NOW + 5, 0, 60)

    assert later[:-2] == now[1:-1]


def test_a_series_is_bounded() -> None:
    series = Series()
    for second in range(10 * KEPT_SECONDS):
        series.add(second)

    assert len(series._counts) <= 2 * KEPT_SECONDS
    assert series.sum(10 * KEPT_SECONDS - 1, KEPT_SECONDS) == KEPT_SECONDS


def test_percentiles_are_right_within_a_hundredth() -> None:
    values = np.random.default_rng(1).lognormal(-1, 1, 5_000)
    spread = Spread()
    for number, value in enumerate(values):
        spread.add(NOW - number % SPREAD_SECONDS, float(value))

    expected = {p: np.percentile(values, p, method="inverted_cdf") for p in (50, 95, 99)}
    assert spread.percentiles(NOW) == {p: pytest.approx(value, rel=0.0101) for p, value in expected.items()}


def test_percentiles_forget_after_a_minute() -> None:
    spread = Spread()
    spread.add(NOW, 60.0)
    spread.add(NOW + SPREAD_SECONDS, 1.0)

    assert spread.percentiles(NOW + SPREAD_SECONDS)[99] == pytest.approx(1.0, rel=0.01)
    assert spread.percentiles(NOW + 3 * SPREAD_SECONDS) == {}


def test_a_spread_is_bounded() -> None:
    spread = Spread()
    for second in range(10 * SPREAD_SECONDS):
        spread.add(second, 0.1)

    assert len(spread._cells) <= 2 * SPREAD_SECONDS


def test_times_of_clocks_that_differ_are_short() -> None:
    spread = Spread()
    spread.add(NOW, -0.2)

    assert 0 < spread.percentiles(NOW)[50] < 0.001
