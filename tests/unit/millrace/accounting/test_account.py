import itertools
from copy import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millrace.accounting.account import Account, Found, account
from millrace.accounting.identity import by_id
from records.identity import prediction_id
from stream_producers.receipts import Receipt
from tests.fakes.runs import by_key, identity, prediction, receipt

SCORES = st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])  # few, so that there are ties
SECONDS = st.floats(0, 1e6)


def found(*predicted: str, quarantined: dict[str, str] | None = None) -> Found:
    everything = Found(quarantined=quarantined or {})
    everything.add(prediction(key) for key in predicted)
    return everything


def settled(receipts: list[Receipt], everything: Found) -> Account:
    result = account(by_key(*receipts), everything)
    # Whatever became of the events: none is lost on the way through the account.
    places = result.predictions + sum(result.quarantined.values()) + result.on_failure + len(result.unaccounted)
    assert places - len(result.in_two_places) == sum(result.sent.values())
    return result


def test_every_place_where_an_event_can_end() -> None:
    everything = found("good", quarantined={"bad": "NOT_UTF8"})
    everything.on_failure.add("given up")
    everything.dead_letters.add("dead letter")
    receipts = [receipt("good"), receipt("bad", "NOT_UTF8")]
    receipts += [receipt("given up"), receipt("dead letter", path="event_topic")]

    result = settled(receipts, everything)

    assert (result.on_failure, result.dead_letters) == (2, 1)
    assert result.sent == {"event_stream": 3, "event_topic": 1}
    assert (result.predictions, result.quarantined, result.on_failure) == (1, {"NOT_UTF8": 1}, 2)
    assert result.complete


def test_what_is_found_nowhere_is_unaccounted() -> None:
    result = settled([receipt("b"), receipt("a"), receipt("good")], found("good"))

    assert result.unaccounted == ("a", "b")
    assert not result.complete


def test_no_event_may_end_in_two_places() -> None:
    result = settled([receipt("twice")], found("twice", quarantined={"twice": "NOT_UTF8"}))

    assert result.in_two_places == ("twice",)
    assert not result.complete


def test_a_prediction_whose_batch_was_given_up_afterwards_is_a_prediction() -> None:
    everything = found("published")
    everything.on_failure.add("published")

    result = settled([receipt("published")], everything)

    assert (result.predictions, result.on_failure, result.complete) == (1, 0, True)
    assert result.also_held == 1, "it is shown, not hidden: until a redrive it is in both"


def test_what_is_held_in_addition_is_counted_once_and_of_this_run_only() -> None:
    everything = found("published", "other", quarantined={"bad": "NOT_UTF8"})
    everything.on_failure |= {"published", "bad", "other", "held"}
    everything.dead_letters |= {"published"}

    result = settled([receipt("published"), receipt("bad", "NOT_UTF8"), receipt("held")], everything)

    assert (result.on_failure, result.also_held, result.dead_letters) == (1, 2, 0)


@pytest.mark.parametrize(
    ("expected", "everything"),
    [
        ("NOT_UTF8", found("key")),  # a bad event that was predicted
        (None, found(quarantined={"key": "NOT_UTF8"})),  # a good one in quarantine
        ("INVALID_JSON", found(quarantined={"key": "NOT_UTF8"})),  # another code
        ("INVALID_JSON", found("key", quarantined={"key": "NOT_UTF8"})),  # both, named once
    ],
)
def test_an_outcome_that_was_not_due(expected: str | None, everything: Found) -> None:
    result = settled([receipt("key", expected)], everything)

    assert result.wrong_code == ("key",)
    assert not result.complete


def test_what_was_not_sent_in_this_run_does_not_count() -> None:
    everything = found("mine", "of another run", quarantined={"also": "NOT_UTF8"})
    everything.on_failure.add("of an earlier run")

    result = settled([receipt("mine")], everything)

    assert (result.predictions, result.quarantined, result.on_failure) == (1, {}, 0)


def test_events_without_a_position_cannot_be_accounted_for() -> None:
    """Standard output gives none."""
    nowhere = receipt("x")._replace(position=())

    assert list(by_id([nowhere, receipt("y")], "sessions")) == [identity("y")]


def test_each_event_of_a_record_has_its_own_identity() -> None:
    both = [receipt("x")._replace(event_index=index) for index in (0, 1)]

    assert list(by_id(both, "sessions")) == [
        prediction_id("sessions", both[0].position, index=index) for index in (0, 1)
    ]


def test_the_first_of_two_predictions_is_kept_and_the_other_counted() -> None:
    everything = found("a", "b")
    everything.add([replace(prediction("a"), score=0.9), replace(prediction("a"), score=0.8)])

    result = settled([receipt("a"), receipt("b")], everything)

    assert everything.predictions["a"].score == 0.5
    assert (result.predictions, result.duplicates, result.complete) == (2, 2, True)


def test_codes_come_with_the_most_frequent_first() -> None:
    codes = {"1": "NOT_UTF8", "2": "INVALID_JSON", "3": "INVALID_JSON"}
    receipts = [receipt(key, code) for key, code in codes.items()]

    assert list(settled(receipts, found(quarantined=codes)).quarantined.items()) == [
        ("INVALID_JSON", 2),
        ("NOT_UTF8", 1),
    ]


@given(st.lists(SECONDS, min_size=1, max_size=300))
def test_percentiles_are_nearest_ranks(latencies: list[float]) -> None:
    everything = Found()
    everything.add(prediction(str(i), arrived_at=0.0, published_at=latency) for i, latency in enumerate(latencies))

    result = settled([receipt(str(i)) for i in range(len(latencies))], everything)

    ranks = np.percentile(latencies, [50, 95, 99], method="inverted_cdf")
    assert result.latency == dict(zip((50, 95, 99), ranks, strict=True))


def test_without_predictions_there_is_neither_latency_nor_rate() -> None:
    result = settled([receipt("lost")], Found())

    assert (result.latency, result.rate, result.roc_auc) == ({}, 0.0, None)


def test_the_rate_is_from_the_first_arrival_to_the_last_prediction() -> None:
    everything = Found()
    everything.add([prediction("a", arrived_at=10.0, published_at=11.0)])
    everything.add([prediction("b", arrived_at=10.5, published_at=14.0)])

    assert settled([receipt("a"), receipt("b")], everything).rate == 0.5


def test_a_rate_over_no_time_is_none() -> None:
    everything = Found()
    everything.add([prediction("a", arrived_at=10.0, published_at=10.0)])

    assert settled([receipt("a")], everything).rate == 0.0


@given(st.lists(st.tuples(SCORES, st.sampled_from([0, 1])), min_size=1, max_size=60))
def test_roc_auc_is_the_share_of_pairs_in_the_right_order(rows: list[tuple[float, int]]) -> None:
    everything = Found()
    everything.add(prediction(str(i), score=score) for i, (score, _) in enumerate(rows))
    receipts = [receipt(str(i), outcome=outcome) for i, (_, outcome) in enumerate(rows)]

    result = settled(receipts, everything).roc_auc

    positives, negatives = ([score for score, outcome in rows if outcome == wanted] for wanted in (1, 0))
    pairs = list(itertools.product(positives, negatives))
    if not pairs:
        assert result is None
    else:
        # A tie is half a pair in the right order.
        right = sum((p > n) + (p == n) / 2 for p, n in pairs)
        assert result == pytest.approx(right / len(pairs))


def test_events_of_unknown_outcome_do_not_touch_roc_auc() -> None:
    everything = Found()
    everything.add([prediction("no", score=0.1), prediction("yes", score=0.9), prediction("who knows", score=0.0)])
    receipts = [receipt("no", outcome=0), receipt("yes", outcome=1), receipt("who knows")]

    assert settled(receipts, everything).roc_auc == 1.0
