"""Distances and tests on counts, against scipy."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.special import kolmogorov

from evaluation.divergence import (
    MIN_EXPECTED,
    chi_squared,
    chi_squared_tail,
    kolmogorov_smirnov,
    kolmogorov_tail,
    pooled,
    psi,
    psi_by_chance,
    two_shares,
)

cells = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 10_000)), min_size=1, max_size=30)
filled = st.lists(st.tuples(st.integers(1, 10_000), st.integers(1, 10_000)), min_size=2, max_size=30)


@given(st.floats(0, 3_000), st.integers(1, 1_000))
def test_the_tail_of_chi_squared_is_scipys(statistic, freedom):
    assert chi_squared_tail(statistic, freedom) == pytest.approx(
        stats.chi2.sf(statistic, freedom), rel=1e-9, abs=1e-290
    )


@given(st.floats(0, 5))
def test_the_tail_of_kolmogorov_is_scipys(x):
    assert kolmogorov_tail(x) == pytest.approx(kolmogorov(x), rel=1e-9, abs=1e-12)


@given(filled)
def test_chi_squared_is_scipys(table):
    base, now = zip(*table, strict=True)
    expected = stats.chi2_contingency([base, now], correction=False)
    assert chi_squared(base, now) == pytest.approx((expected.statistic, expected.pvalue), rel=1e-8, abs=1e-290)


@given(cells)
def test_pooling_keeps_every_row_and_leaves_enough_in_every_cell(table):
    base, now = zip(*table, strict=True)
    of_base, of_now = pooled(base, now)
    assert (sum(of_base), sum(of_now)) == (sum(base), sum(now))
    total, fewer = sum(base) + sum(now), min(sum(base), sum(now))
    if len(of_base) > 1:
        assert all((b + n) * fewer / total >= MIN_EXPECTED - 1e-9 for b, n in zip(of_base, of_now, strict=True))


@given(cells)
def test_the_index_is_symmetric_finite_and_0_for_equal_shares(table):
    base, now = zip(*table, strict=True)
    assert psi(base, now) == pytest.approx(psi(now, base))
    assert 0 <= psi(base, now) < math.inf
    assert psi(base, base) == 0


def test_the_index_is_that_of_the_shares():
    base, now = [5_000, 3_000, 2_000], [4_000, 3_000, 3_000]
    p, q = (np.array(counts) / 10_000 for counts in (base, now))
    assert psi(base, now) == pytest.approx(float(((q - p) * np.log(q / p)).sum()), rel=1e-3)


def test_without_drift_the_index_is_on_average_what_chance_gives():
    random = np.random.default_rng(1)
    found = [psi(random.multinomial(2_000, [0.1] * 10), random.multinomial(300, [0.1] * 10)) for _ in range(2_000)]
    assert np.mean(found) == pytest.approx(psi_by_chance(10, 2_000, 300), rel=0.05)


@given(st.lists(st.integers(0, 40), min_size=2, max_size=200), st.lists(st.integers(0, 40), min_size=2, max_size=200))
def test_kolmogorov_smirnov_by_bins_is_exact_at_the_edges_and_a_lower_bound_between(base, now):
    exact = stats.ks_2samp(base, now, method="asymp").statistic
    for width in (1, 5):
        edges = np.arange(0, 41 + width, width)
        distance, p_value = kolmogorov_smirnov(*(np.histogram(rows, edges)[0].tolist() for rows in (base, now)))
        assert distance <= exact + 1e-12
        assert 0 <= p_value <= 1
        if width == 1:
            assert distance == pytest.approx(exact)


def test_its_p_value_is_scipys_asymptotic_one():
    random = np.random.default_rng(2)
    base, now = random.integers(0, 20, 3_000), random.integers(0, 21, 500)
    edges = np.arange(0, 22)
    found = kolmogorov_smirnov(*(np.histogram(rows, edges)[0].tolist() for rows in (base, now)))
    assert found[1] == pytest.approx(kolmogorov(found[0] * math.sqrt(3_000 * 500 / 3_500)))


@pytest.mark.parametrize(("base", "now"), [((0, 1_000), (0, 100)), ((50, 1_000), (9, 200)), ((0, 1_000), (30, 200))])
def test_two_shares_have_the_p_value_of_the_corrected_chi_squared(base, now):
    difference, p_value = two_shares(*base, *now)
    assert difference == pytest.approx(now[0] / now[1] - base[0] / base[1])
    if base[0] + now[0]:
        table = [[base[0], base[1] - base[0]], [now[0], now[1] - now[0]]]
        assert p_value == pytest.approx(stats.chi2_contingency(table, correction=True).pvalue, rel=1e-9)
    else:
        assert p_value == 1.0


def test_nothing_to_compare_is_no_drift():
    assert chi_squared([], []) == (0.0, 1.0)
    assert chi_squared([5, 5], [0, 0]) == (0.0, 1.0)
    assert kolmogorov_smirnov([5, 5], [0, 0]) == (0.0, 1.0)
    assert two_shares(0, 0, 1, 5) == (0.0, 1.0)
    assert psi([], []) == 0.0
    assert psi_by_chance(10, 100, 0) == 0.0
