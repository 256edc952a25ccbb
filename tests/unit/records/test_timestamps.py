"""Times as text: what datetime writes."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from records.timestamps import timestamp


def by_datetime(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@given(st.floats(-62_135_596_800, 253_402_300_799))
def test_a_time_is_written_as_datetime_writes_it(seconds: float) -> None:
    assert timestamp(seconds) == by_datetime(seconds)


@pytest.mark.parametrize(
    "seconds", [0.0, -0.0, 1, 1.9999994, 1.9999995, 1.9999996, -0.25, -1e-7, -1.9999999, 1_800_000_000.0005]
)
def test_times_at_the_edges(seconds: float) -> None:
    assert timestamp(seconds) == by_datetime(seconds)
