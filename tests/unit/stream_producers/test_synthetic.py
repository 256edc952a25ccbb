import hashlib
import json
import math
from itertools import islice

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream_producers import FEATURES, LABEL, Event, Sessions
from stream_producers.draws import BLOCK

PROBABILITY_TOLERANCE = 1e-9


def head(sessions: Sessions, rows: int, start: int = 0) -> list[Event]:
    return list(islice(sessions.events(start), rows))


def test_the_bytes_of_seed_7_never_change() -> None:
    """Whoever changes them makes every recorded seed mean something else: say so in the changelog."""
    lines = b"".join(event.data + b"\n" for event in head(Sessions(7), 1_000))
    assert hashlib.sha256(lines).hexdigest() == "3b1459c9c221b339ddb6a5a794829e0f77a69a8a274157e0ad67202dfccf4607"


@settings(max_examples=20, deadline=None)
@given(start=st.integers(0, 3 * BLOCK), rows=st.integers(0, BLOCK + 10))
def test_a_session_is_the_same_wherever_reading_starts(start: int, rows: int) -> None:
    whole = head(Sessions(7), start + rows)
    assert head(Sessions(7), rows, start) == whole[start:]


@pytest.mark.parametrize(("start", "rows"), [(0, 0), (0, 1), (BLOCK - 1, 2), (BLOCK, BLOCK), (5, 2 * BLOCK)])
def test_a_table_holds_what_the_events_hold(start: int, rows: int) -> None:
    table = Sessions(7).table(rows, start)
    events = head(Sessions(7), rows, start)
    names = [feature.name for feature in FEATURES]
    assert table.columns == [*names, LABEL]
    assert table[LABEL].to_list() == [event.outcome for event in events]
    sent = [json.loads(event.data)["features"] for event in events]
    assert table.select(names).rows() == [tuple(features.get(name) for name in names) for features in sent]


def test_seeds_give_different_sessions() -> None:
    ids = {event.event_id for seed in (7, 8) for event in head(Sessions(seed), 1_000)}
    assert len(ids) == 2_000
    assert Sessions(7).table(100).rows() != Sessions(8).table(100).rows()


@pytest.mark.parametrize("seed", [-1, 2**64])
def test_a_seed_has_64_bits(seed: int) -> None:
    with pytest.raises(ValueError, match="seed from 0 to"):
        next(Sessions(seed).events())


def test_the_largest_seed_works() -> None:
    assert next(Sessions(2**64 - 1).events()).event_id == "session-18446744073709551615-000000000"


def test_an_event_follows_the_contract_and_keeps_its_outcome_to_itself() -> None:
    for event in head(Sessions(7), 2_000):
        members = json.loads(event.data)
        assert list(members) == ["event_id", "occurred_at", "features"]
        assert members["event_id"] == event.event_id
        assert event.outcome in (0, 1)
        assert LABEL not in members["features"]
        assert event.expected_code is None
        for feature in FEATURES:
            value = members["features"].get(feature.name)
            if value is None:
                assert feature.allow_missing
            else:
                assert type(value) is {"float": float, "int": int, "bool": bool, "category": str}[feature.type]
                assert not feature.categories or value in feature.categories


def test_time_goes_on_with_the_sessions() -> None:
    began = [json.loads(event.data)["occurred_at"] for event in head(Sessions(7), 3, start=10_080)]
    assert [time[:16] for time in began] == ["2026-01-08T00:00", "2026-01-08T00:01", "2026-01-08T00:02"]
    hours = Sessions(7).table(1_440, start=2 * 1_440)  # 2026-01-03 was a Saturday
    assert hours["hour"].to_list() == [minute // 60 for minute in range(1_440)]
    assert hours["weekend"].all()
    assert not Sessions(7).table(1_440)["weekend"].any()


def test_missing_values_come_as_null_and_as_absent() -> None:
    features = [json.loads(event.data)["features"] for event in head(Sessions(7), 2_000)]
    assert any(row["bounce_rate"] is None for row in features)
    assert all((row["cart_value"] is None) == (row["cart_items"] == 0) for row in features)
    assert all("days_since_last_visit" not in row for row in features if row["visitor_type"] == "new")
    assert any("days_since_last_visit" in row for row in features)
    assert None not in [row.get("days_since_last_visit", 0) for row in features]


def documented_probability(session: dict[str, object]) -> float:
    """The formula of the README, written down a second time, for one session."""

    def number(name: str, otherwise: float) -> float:
        value = session.get(name)
        return otherwise if value is None else float(str(value))

    phone, new, returning = (
        session["device"] == "phone",
        session["visitor_type"] == "new",
        session["visitor_type"] == "returning",
    )
    cart = math.tanh(number("cart_value", 0) / 80)
    log_odds = -4.4 + 5.5 * cart - 2.5 * cart * phone
    log_odds += 1.5 * cart if returning and number("searches", 0) > 0 else 0
    log_odds -= 2.0 if new and number("cart_value", 0) > 150 else 0
    log_odds += 1.2 * math.log(1 + number("product_pages", 0))
    log_odds -= math.log(number("seconds_on_site", 0) / number("pages_viewed", 0) / 40) ** 2
    log_odds -= 9 * math.sqrt(number("bounce_rate", 0.02))
    log_odds += 2.2 * math.exp(-number("days_since_last_visit", math.inf) / 7)
    log_odds += 1.2 * math.exp(-(((number("hour", 0) - 20) / 3) ** 2))
    log_odds += 0.9 if session["weekend"] and session["device"] != "desktop" else 0
    return 1 / (1 + math.exp(-log_odds))


def test_the_truth_is_the_documented_function_of_what_is_in_the_event() -> None:
    start, rows = 2_800, 2_000  # from a Friday into the weekend
    published = [json.loads(event.data)["features"] for event in head(Sessions(7), rows, start)]
    expected = [documented_probability(session) for session in published]
    assert Sessions(7).probability(rows, start) == pytest.approx(expected, abs=PROBABILITY_TOLERANCE)


def auc(scores: np.ndarray, outcomes: np.ndarray) -> float:
    """ROC AUC by the rank sum; no two scores are equal here."""
    ranks = np.empty(len(scores))
    ranks[np.argsort(scores)] = np.arange(1, len(scores) + 1)
    positive = float(outcomes.sum())
    return (ranks[outcomes == 1].sum() - positive * (positive + 1) / 2) / (positive * (len(scores) - positive))


@pytest.mark.parametrize("seed", [7, 8, 2026])
def test_base_rate_and_ceiling_are_as_documented(seed: int) -> None:
    rows = 100_000
    table, probability = Sessions(seed).table(rows), Sessions(seed).probability(rows)
    outcomes = table[LABEL].to_numpy()
    assert outcomes.mean() == pytest.approx(0.15, abs=0.01)
    assert probability.mean() == pytest.approx(outcomes.mean(), abs=0.005)
    assert auc(probability, outcomes) == pytest.approx(0.933, abs=0.005)


def test_outcomes_follow_their_probability() -> None:
    rows = 100_000
    truth = pl.DataFrame({"p": Sessions(7).probability(rows), "y": Sessions(7).table(rows)[LABEL]})
    for group in truth.with_columns((pl.col("p") * 10).floor().alias("decile")).partition_by("decile"):
        spread = 4 * 0.5 / math.sqrt(group.height)
        assert group["y"].mean() == pytest.approx(group["p"].mean(), abs=spread)


def test_partition_keys_repeat_and_can_be_chosen() -> None:
    assert len({event.partition_key for event in head(Sessions(7), 10_000)}) == 1_024
    assert len({event.partition_key for event in head(Sessions(7, keys=3), 100)}) == 3
    assert all(event.partition_key == event.event_id for event in head(Sessions(7, keys=0), 10))
