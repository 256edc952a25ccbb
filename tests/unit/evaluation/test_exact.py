"""Sums are exact: their order changes nothing, not even a bit."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluation.exact import ExactSum
from model_store.errors import DocumentInvalid

numbers = st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), max_size=20)


def summed(values, power=1):
    total = ExactSum()
    for value in values:
        total.add_all(*(np.array([value]),) * power)
    return total


@given(numbers, st.integers(1, 4))
def test_a_sum_is_that_of_the_fractions(values, power):
    assert summed(values, power).value == sum(Fraction(value) ** power for value in values)


@given(st.lists(st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 4), max_size=20), st.integers(1, 4))
def test_the_sum_of_products_is_that_of_the_fractions(rows, power):
    """Of any floats, denormal ones and the largest included."""
    together = ExactSum()
    together.add_all(*np.array(rows, np.float64).reshape(-1, 4)[:, :power].T)
    assert together.value == sum(math.prod(map(Fraction, row[:power])) for row in rows)


@given(numbers, st.randoms(use_true_random=False), st.integers(0, 20))
def test_order_and_merging_change_nothing(values, random, at):
    shuffled = random.sample(values, len(values))
    merged = summed(shuffled[:at])
    merged.merge(summed(shuffled[at:]))
    assert merged.to_json() == summed(values).to_json()
    assert float(merged.value) == math.fsum(values)


@given(numbers)
def test_what_is_stored_reads_back(values):
    total = summed(values)
    assert ExactSum.read(total.to_json(), "sum").value == total.value


def test_the_stored_form_is_in_lowest_terms():
    assert summed([-2.0, 1 / 16]).to_json() == "-1fp-4"
    assert summed([0.1, -0.1]).to_json() == "0p-0"


@pytest.mark.parametrize("stored", [None, 1.5, "", "1p4", "1fp-99999", "xp-1", "NaN"])
def test_what_is_no_sum_is_refused(stored):
    with pytest.raises(DocumentInvalid, match="sum"):
        ExactSum.read(stored, "sum")


def test_size_is_bounded_by_the_range_of_floats():
    total = summed([5e-324, 1.7e308] * 100, power=4)
    assert len(total.to_json()) < 2_200
