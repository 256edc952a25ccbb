"""Which copy of a prediction and which outcome count."""

from types import SimpleNamespace

import numpy as np
import pytest

from outcomes.collected import (
    OUTCOME_COLUMNS,
    PREDICTION_COLUMNS,
    CollectedPrediction,
    ObservedOutcome,
    _unicode,
)
from outcomes.join import Join, OutcomesOfHour
from outcomes.tables import Tables


@pytest.fixture(scope="module")
def tables() -> Tables:
    return Tables(1_024)


def time(second: str) -> str:
    return f"2026-11-21T12:00:{second}.000Z"


def prediction(key: str = "p", *, at: str = "01", variant: str = "champion", score: float = 0.5) -> CollectedPrediction:
    return CollectedPrediction(key, "e", "1", variant, (score,), time(at), time("00"), "")


def outcome(
    value: str, *, by_id: str = "", by_event: str = "e", at: str = "05", arrived: str = "06", position: str = "a"
) -> ObservedOutcome:
    return ObservedOutcome(by_id, "" if by_id else by_event, value, time(at), time(arrived), position * 64)


def begun(tables: Tables, predictions: list[CollectedPrediction]) -> Join:
    join = Join(tables)
    join.begin()
    _, body = join.predicted([{"file": tables.parquet(PREDICTION_COLUMNS, [one.row()])} for one in predictions])
    assert body
    return join


def arrived(tables: Tables, outcomes: list[ObservedOutcome]) -> OutcomesOfHour:
    held = OutcomesOfHour(tables, 100)
    held.add({str(i): tables.parquet(OUTCOME_COLUMNS, [one.row()]) for i, one in enumerate(outcomes)})
    return held


def read(tables: Tables, join: Join) -> list[tuple[str, float, str | None]]:
    join.finish()
    return sorted(tables.run("SELECT variant, scores[1], label FROM joined"), key=str)  # type: ignore[arg-type]


def joined(
    tables: Tables, predictions: list[CollectedPrediction], outcomes: list[ObservedOutcome]
) -> list[tuple[str, str | None]]:
    """Variant and outcome of each prediction: the same from what is kept for the next evaluation as at first."""
    join = begun(tables, predictions)
    kept = [body for body in (join.match(arrived(tables, [one]))[1] for one in outcomes) if body]
    first = read(tables, join)
    again = begun(tables, predictions)
    assert again.matched({str(i): body for i, body in enumerate(kept)}) == []
    assert read(tables, again) == first
    return [(variant, label) for variant, _, label in first]


def test_a_prediction_without_an_outcome_stays_without(tables):
    others = [outcome("yes", by_event="other"), outcome("no", by_id="q")]
    assert joined(tables, [prediction()], others) == [("champion", None)]


def test_an_outcome_finds_its_prediction_by_either_id(tables):
    assert joined(tables, [prediction()], [outcome("yes")]) == [("champion", "yes")]
    assert joined(tables, [prediction()], [outcome("yes", by_id="p")]) == [("champion", "yes")]


@pytest.mark.parametrize("order", [1, -1])
def test_an_outcome_by_prediction_counts_before_one_by_event_even_an_earlier_one(tables, order):
    outcomes = [outcome("by id", by_id="p", at="01"), outcome("by event", at="09")]
    assert joined(tables, [prediction()], outcomes[::order]) == [("champion", "by id")]


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("first", "corrected"),
    [
        ({"at": "02", "arrived": "09"}, {"at": "03", "arrived": "08"}),
        ({"arrived": "08"}, {"arrived": "09"}),
        ({"position": "9"}, {"position": "a"}),
        ({"position": "0"}, {"position": "f"}),
    ],
    ids=str,
)
def test_the_outcome_that_was_observed_last_counts(tables, order, first, corrected):
    outcomes = [outcome("first", **first), outcome("corrected", **corrected)]
    assert joined(tables, [prediction()], outcomes[::order]) == [("champion", "corrected")]


@pytest.mark.parametrize("order", [1, -1])
def test_the_first_copy_of_a_prediction_counts(tables, order):
    copies = [prediction(at="02", variant="challenger"), prediction(at="01", score=0.25)]
    assert read(tables, begun(tables, copies[::order])) == [("champion", 0.25, None)]


def test_a_shadow_is_another_prediction_of_the_same_id(tables):
    found = joined(tables, [prediction(), prediction(variant="shadow")], [outcome("yes", by_id="p")])
    assert found == [("champion", "yes"), ("shadow", "yes")]


def test_an_event_that_was_sent_twice_has_one_outcome_for_both_predictions(tables):
    found = joined(tables, [prediction("p"), prediction("q")], [outcome("yes")])
    assert found == [("champion", "yes"), ("champion", "yes")]


def test_an_outcome_that_was_delivered_twice_counts_once(tables):
    assert joined(tables, [prediction(), prediction()], [outcome("yes"), outcome("yes")]) == [("champion", "yes")]


@pytest.mark.parametrize("text", ["\x00", "\ud800", "\U0001f600", '"', "\\", "\u2028", "é", "a\nb", "x" * 1_024])
def test_ids_and_labels_may_have_any_characters(tables, text):
    """As `read` makes them, of what JSON may hold."""
    clean = _unicode(text)
    found = joined(tables, [prediction(clean), prediction("other")], [outcome(clean, by_id=clean)])
    assert sorted(found, key=str) == sorted([("champion", clean), ("champion", None)], key=str)


@pytest.mark.parametrize("width", [1, 3, 300])
def test_each_rows_scores_stay_with_its_outcome(tables, width, monkeypatch):
    """In chunks, of as many classes as a model may have; what has another width, or no valid outcome, is NaN."""
    monkeypatch.setattr("outcomes.join.MOST_NUMBERS", 7 * (width + 1))
    predictions = [
        CollectedPrediction(
            f"p{i}",
            "",
            "1",
            "champion",
            tuple((i * 7 + j) / 1e4 for j in range(width + (i == 6))),
            time("01"),
            time("00"),
            "",
        )
        for i in range(40)
    ]
    join = begun(tables, predictions)
    found = [outcome("1" if i == 9 else i % width, by_id=f"p{i}") for i in range(0, 40, 3)]  # type: ignore[arg-type]
    join.match(arrived(tables, found))
    join.finish()
    manifest = SimpleNamespace(task="multiclass", output=SimpleNamespace(labels=()))
    chunks = list(join.pairs("1", "champion", width, manifest))  # type: ignore[arg-type]
    assert max(len(scores) for scores, _ in chunks) <= 7
    rows = {row[0]: (list(row), happened) for scores, of in chunks for row, happened in zip(scores, of, strict=True)}
    assert len(rows) == 14
    for i in (one for one in range(0, 40, 3) if one != 6):
        scores, happened = rows[i * 7 / 1e4]
        assert scores == [(i * 7 + j) / 1e4 for j in range(width)]
        assert happened == i % width or (i == 9 and happened != happened)


def test_scores_of_another_width_are_nan(tables):
    join = begun(tables, [prediction(score=0.25)])
    join.match(arrived(tables, [outcome("yes", by_id="p")]))
    join.finish()
    manifest = SimpleNamespace(task="multiclass", output=SimpleNamespace(labels=("no", "yes")))
    ((scores, happened),) = join.pairs("1", "champion", 2, manifest)  # type: ignore[arg-type]
    assert (np.isnan(scores).tolist(), happened.tolist()) == ([[True, True]], [1.0])
