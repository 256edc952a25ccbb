from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from millrace.percentiles import counted_percentiles, percentiles


@given(st.lists(st.floats(0, 500), min_size=1))
def test_percentiles_are_the_nearest_rank(values: list[float]) -> None:
    found = percentiles(values)

    assert list(found.values()) == [float(np.percentile(values, p, method="inverted_cdf")) for p in (50, 95, 99)]


@given(st.lists(st.integers(-20, 20)))
def test_counted_values_have_the_percentiles_of_the_values(values: list[int]) -> None:
    assert counted_percentiles(Counter(values)) == percentiles(values)


def test_nothing_has_no_percentiles() -> None:
    assert percentiles([]) == {}
    assert counted_percentiles({}) == {}
