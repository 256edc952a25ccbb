"""Instants of arrival in predictions: those of scorer/records.py."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.timestamps import timestamp
from tests.fakes import envelopes, native_rows

END = 253402300800  # the year 10000


def written(native, *instants):
    """The instants as the predictions have them; None where `take` stops."""
    batch = envelopes.kinesis(*[envelopes.event(number) for number in range(len(instants))])["Records"]
    for record, instant in zip(batch, instants, strict=True):
        record["kinesis"]["approximateArrivalTimestamp"] = instant
    found, stops = native_rows.take(native, batch)
    texts = {row.origin: row.body.split(b'"arrived_at":"')[1][:24].decode() for row in found["champion"]}
    assert sorted([*texts, *stops]) == list(range(len(instants)))
    return [texts.get(place) for place in range(len(instants))]


@given(st.lists(st.floats(0, END, exclude_max=True) | st.integers(0, END - 1), min_size=1, max_size=20))
def test_any_instant_from_1970_to_9999(native, instants):
    assert written(native, *instants) == [expected(instant) for instant in instants]


def expected(instant):
    try:
        return timestamp(instant)
    except ValueError:  # rounds into the year 10000
        return None


@given(second=st.integers(0, 4_000_000_000), micros=st.lists(st.integers(0, 2_000_000), min_size=1, max_size=20))
def test_halves_of_a_microsecond_round_to_even(native, second, micros):
    instants = [second + half / 2_000_000 for half in micros]
    assert written(native, *instants) == [timestamp(instant) for instant in instants]


def test_every_day_of_four_centuries(native):
    instants = [day * 86400 + 86399.999 for day in range(0, 146_097 + 366, 7)]
    assert written(native, *instants) == [timestamp(instant) for instant in instants]


def test_one_instant_after_another_and_the_same_again(native):
    instants = [1.5, 1.5, math.nan, 1.5, 2, 2, 1.5, -1, -1, 2]
    found = written(native, *instants)
    assert found == [timestamp(instant) if instant > 0 else None for instant in instants]


@pytest.mark.parametrize("odd", [-1, -1e-9, END, 1e300, math.nan, math.inf, -math.inf, 10**400, True, "1", None])
def test_any_other_is_left_to_the_exact_path(native, odd):
    assert written(native, odd) == [None]


@pytest.mark.parametrize(
    "edge", [END - 0.0005, END - 0.000001, END - 0.00001, 0, -0.0, 1e-300, 0.9999995, 0.99999949999]
)
def test_at_the_edges(native, edge):
    assert written(native, edge) == [expected(edge)]
