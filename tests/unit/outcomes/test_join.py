"""Which copy of a prediction and which outcome count."""

import pytest

from outcomes.collected import CollectedPrediction, ObservedOutcome
from outcomes.join import Join
from outcomes.plan import Step, steps


def prediction(key: str = "p", *, at: str = "01", variant: str = "champion", score: float = 0.5) -> CollectedPrediction:
    return CollectedPrediction(key, "e", "1", variant, (score,), at, "00")


def outcome(
    value: str, *, by_id: str = "", by_event: str = "e", at: str = "05", arrived: str = "06"
) -> ObservedOutcome:
    return ObservedOutcome(by_id, "" if by_id else by_event, value, at, arrived, "position")


def joined(
    predictions: list[CollectedPrediction], outcomes: list[ObservedOutcome], hours: int = 0
) -> list[tuple[str, str, object]]:
    join = Join(look_back=3)
    for each in predictions:
        join.predicted(100, each)
    for outcome in outcomes:
        join.happened(100 + hours, outcome)
    return sorted((j.prediction.prediction_id, j.prediction.variant, j.outcome) for j in join.result())


def test_a_prediction_without_an_outcome_stays_without():
    assert joined([prediction()], [outcome("yes", by_event="other"), outcome("no", by_id="q")]) == [
        ("p", "champion", None)
    ]


def test_an_outcome_finds_its_prediction_by_either_id():
    assert joined([prediction()], [outcome("yes")]) == [("p", "champion", "yes")]
    assert joined([prediction()], [outcome("yes", by_id="p")]) == [("p", "champion", "yes")]


@pytest.mark.parametrize("order", [1, -1])
def test_an_outcome_by_prediction_counts_before_one_by_event_even_an_earlier_one(order):
    outcomes = [outcome("by id", by_id="p", at="01"), outcome("by event", at="09")]
    assert joined([prediction()], outcomes[::order]) == [("p", "champion", "by id")]


@pytest.mark.parametrize("order", [1, -1])
def test_the_outcome_that_was_observed_last_counts(order):
    outcomes = [outcome("first", at="02", arrived="09"), outcome("corrected", at="03", arrived="08")]
    assert joined([prediction()], outcomes[::order]) == [("p", "champion", "corrected")]
    same_time = [outcome("first", arrived="08"), outcome("corrected", arrived="09")]
    assert joined([prediction()], same_time[::order]) == [("p", "champion", "corrected")]


@pytest.mark.parametrize("order", [1, -1])
def test_the_first_copy_of_a_prediction_counts(order):
    join = Join(look_back=3)
    for copy in [prediction(at="02", variant="challenger"), prediction(at="01", score=0.25)][::order]:
        join.predicted(100, copy)
    (only,) = join.result()
    assert (only.prediction.variant, only.prediction.scores) == ("champion", (0.25,))


def test_a_shadow_is_another_prediction_of_the_same_id():
    found = joined([prediction(), prediction(variant="shadow")], [outcome("yes", by_id="p")])
    assert found == [("p", "champion", "yes"), ("p", "shadow", "yes")]


def test_an_event_that_was_sent_twice_has_one_outcome_for_both_predictions():
    assert joined([prediction("p"), prediction("q")], [outcome("yes")]) == [
        ("p", "champion", "yes"),
        ("q", "champion", "yes"),
    ]


@pytest.mark.parametrize(("hours", "counts"), [(-2, False), (-1, True), (3, True), (4, False)])
def test_an_outcome_counts_from_an_hour_before_up_to_the_look_back(hours, counts):
    for by_id in ("", "p"):
        assert joined([prediction()], [outcome("yes", by_id=by_id)], hours) == [
            ("p", "champion", "yes" if counts else None)
        ]


def test_parts_hold_every_prediction_once():
    parts = [Join(3, part, 4) for part in range(4)]
    for join in parts:
        for i in range(200):
            join.predicted(100, prediction(f"p{i}"))
    held = [[j.prediction.prediction_id for j in join.result()] for join in parts]
    assert sorted(key for ids in held for key in ids) == sorted(f"p{i}" for i in range(200))
    assert all(20 < len(ids) < 80 for ids in held)


def test_steps_hold_no_more_than_memory_allows_the_newest_hours_first():
    lines = {1: 40, 2: 0, 3: 60, 4: 250, 5: 30, 6: 50}
    assert list(steps(lines, 100)) == [Step((6, 5)), Step((4,), 3), Step((3, 1))]
    assert list(steps({1: 0}, 100)) == []
