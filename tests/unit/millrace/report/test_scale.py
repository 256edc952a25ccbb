import pytest
from hypothesis import given
from hypothesis import strategies as st

from millrace.report.scale import Scale, number, share, ticks

VALUES = st.floats(-1e9, 1e9)


def test_a_scale_maps_its_ends_and_what_is_between() -> None:
    scale = Scale(10, 20, 100, 0)

    assert [scale(value) for value in (10, 15, 20)] == [100, 50, 0]


def test_a_scale_of_one_value_maps_to_its_start() -> None:
    assert Scale(5, 5, 40, 90)(5) == 40


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 10.3, [0, 5, 10]),
        (0, 1_417, [0, 500, 1_000]),
        (0.02, 0.05, [0.02, 0.03, 0.04, 0.05]),
        (3, 3, [3]),
    ],
)
def test_ticks_are_round(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


@given(VALUES, VALUES)
def test_ticks_lie_within_and_are_few(a: float, b: float) -> None:
    low, high = min(a, b), max(a, b)
    if high - low > 1e-6 * max(1.0, abs(low), abs(high)):
        found = ticks(low, high)
        margin = 1e-6 * (high - low)
        assert 1 <= len(found) <= 6
        assert all(low - margin <= tick <= high + margin for tick in found)
        assert found == sorted(set(found))


@pytest.mark.parametrize(
    ("value", "expected"), [(10_000, "10,000"), (0, "0"), (0.25, "0.25"), (1234.5, "1,234"), (0.123456, "0.1235")]
)
def test_numbers_read_well(value: float, expected: str) -> None:
    assert number(value) == expected


@pytest.mark.parametrize(("value", "expected"), [(0, "0%"), (0.004, "0.4%"), (0.5, "50%"), (1, "100%")])
def test_shares_are_per_cent(value: float, expected: str) -> None:
    assert share(value) == expected
