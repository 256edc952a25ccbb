"""Instants of arrival, as predictions and envelopes write them: those of records/timestamps.py and sources/."""

import math
from datetime import datetime

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
    if (scanned := native_rows.scan(native, batch)) is None:
        return [None] * len(instants)
    found, stops = native_rows.take(native, scanned)
    texts = {row.origin: row.body.split(b'"arrived_at":"')[1][:24].decode() for row in found["champion"]}
    assert sorted([*texts, *stops]) == list(range(len(instants)))
    return [texts.get(place) for place in range(len(instants))]


@given(st.lists(st.floats(1e-9, END, exclude_max=True) | st.integers(0, END - 1), min_size=1, max_size=20))
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
    instants = [1.5, 1.5, "1.5", 1.5, 2, 2, 1.5, -1, -1, 2]
    found = written(native, *instants)
    assert found == [timestamp(one) if isinstance(one, float | int) and one > 0 else None for one in instants]


@pytest.mark.parametrize("odd", [-1, -1e-9, END, 1e300, math.nan, math.inf, -math.inf, 10**400, True, "1", None])
def test_any_other_is_left_to_the_reference_implementation(native, odd):
    assert written(native, odd) == [None]


@pytest.mark.parametrize(
    "edge", [END - 0.0005, END - 0.000001, END - 0.00001, 0, -0.0, 1e-9, 1e-300, 0.9999995, 0.99999949999]
)
def test_at_the_edges(native, edge):
    assert written(native, edge) == [expected(edge)]


def arrived(native, kind, *times):
    """What `take` makes of the times of messages or notifications; None where it stops."""
    if kind == "sqs":
        batch = envelopes.sqs(*[envelopes.event(number) for number in range(len(times))])["Records"]
        for record, time in zip(batch, times, strict=True):
            record["attributes"]["SentTimestamp"] = time
    else:
        notifications = [envelopes.notification(envelopes.event(), n, Timestamp=time) for n, time in enumerate(times)]
        batch = envelopes.sqs(*notifications)["Records"]
    stops = native_rows.assert_as_reference(native, batch)
    return [place not in stops for place in range(len(times))]


@given(st.lists(st.integers(0, 10**15 - 1).map(str), min_size=1, max_size=10))
def test_milliseconds_of_messages(native, times):
    assert arrived(native, "sqs", *times) == [int(time) < END * 1000 for time in times]


@pytest.mark.parametrize(
    ("time", "taken"),
    [
        ("007", True), ("0", True), ("", False), (" 1", False), ("+1", False), ("-1", False), ("1.0", False),
        ("1_000", False), ("1e3", False), ("9" * 15, False), ("9" * 16, False), ("1\u00b2", False), ("\u0663", False),
        (1700000000250, False), (None, False), (True, False),
    ],
)  # fmt: skip
def test_what_python_alone_reads_as_milliseconds(native, time, taken):
    assert arrived(native, "sqs", "1700000000250", time, "1700000000250") == [True, taken, True]


@given(st.lists(st.datetimes(datetime(1970, 1, 1), datetime(2255, 1, 1)), min_size=1, max_size=10))
def test_times_of_notifications(native, times):
    texts = [f"{time.isoformat(timespec='milliseconds')}Z" for time in times]
    assert all(arrived(native, "sns", *texts))


@pytest.mark.parametrize(
    ("time", "taken"),
    [
        ("2024-02-29T00:00:00.000Z", True), ("2023-02-29T00:00:00.000Z", False), ("2100-02-29T00:00:00.000Z", False),
        ("2000-02-29T23:59:59.999Z", True), ("2023-04-31T00:00:00.000Z", False), ("2023-12-31T23:59:59.999Z", True),
        ("2023-00-01T00:00:00.000Z", False), ("2023-13-01T00:00:00.000Z", False), ("2023-01-00T00:00:00.000Z", False),
        ("2023-01-01T24:00:00.000Z", False), ("2023-01-01T00:60:00.000Z", False), ("2023-01-01T00:00:60.000Z", False),
        ("1969-12-31T23:59:59.999Z", False), ("1970-01-01T00:00:00.000Z", True), ("9999-12-31T23:59:59.999Z", False),
        ("2023-01-01T00:00:00Z", False), ("2023-01-01T00:00:00.000", False), ("2023-01-01T00:00:00.000+00:00", False),
        ("2023-01-01 00:00:00.000Z", False), ("2023-01-01T00:00:00,000Z", False), ("2023-W01-1T00:00:00.000Z", False),
        ("2023-01-01T00:00:00.00\u0663Z", False), ("", False), (None, False), (1700000000.25, False),
    ],
)  # fmt: skip
def test_times_of_notifications_written_in_other_ways_and_none_at_all(native, time, taken):
    good = "2023-11-14T22:13:20.250Z"
    assert arrived(native, "sns", good, time, good) == [True, taken, True]
