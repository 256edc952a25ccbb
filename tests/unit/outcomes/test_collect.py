"""Batches of predictions and outcomes become objects in S3; what cannot be read is kept with the reason."""

import io
import json
from datetime import datetime
from typing import Any

import polars as pl
import pytest

from outcomes.collect import Collected
from tests.fakes import envelopes
from tests.fakes.clock import FakeClock
from tests.fakes.evaluation import NOON, OUTCOMES_ARN, PREDICTIONS_ARN, EvaluationBucket, batch, evaluator, prediction
from tests.fakes.s3 import client_error

NOTHING_FAILED: dict[str, Any] = {"batchItemFailures": []}


@pytest.fixture
def bucket() -> EvaluationBucket:
    return EvaluationBucket()


def collect(bucket: Any, event: dict[str, Any]) -> tuple[dict[str, Any], Collected]:
    return evaluator(bucket, FakeClock()).collector.run(event)


def rows(bucket: EvaluationBucket, prefix: str) -> list[dict[str, Any]]:
    """As another program reads the files; times are datetimes without a zone, in UTC."""
    return [row for key in bucket.names(prefix) for row in pl.read_parquet(io.BytesIO(bucket.body(key))).to_dicts()]


def outcome(key: str = "p", **members: Any) -> dict[str, Any]:
    return {"prediction_id": key, "outcome": "yes"} | members


def test_predictions_lie_in_the_hour_in_which_their_events_arrived(bucket):
    """Whenever they were scored: a copy that is scored later must lie beside the first."""
    early, late = prediction("a", arrived_at=NOON - 1), prediction("b", arrived_at=NOON)
    early["scored_at"] = late["scored_at"]
    response, counts = collect(bucket, batch(PREDICTIONS_ARN, [early, late, prediction("c")]))
    assert (response, counts) == (NOTHING_FAILED, Collected("predictions", 3))
    one, two = bucket.names()
    assert one.startswith("evaluation/predictions/2026/11/21/11/")
    assert two.startswith("evaluation/predictions/2026/11/21/12/")
    assert (one.endswith(".1.parquet"), two.endswith(".2.parquet")) == (True, True), "the key says how many"
    assert [row["prediction_id"] for row in rows(bucket, "evaluation/predictions/2026/11/21/12/")] == ["b", "c"]


def test_only_what_the_evaluation_needs_is_kept(bucket):
    collect(bucket, batch(PREDICTIONS_ARN, [prediction("a", [0.25, 0.5, 0.25], variant="challenger", label="some")]))
    assert rows(bucket, "evaluation/") == [
        {
            "prediction_id": "a",
            "event_id": "event of a",
            "version": "1",
            "variant": "challenger",
            "scores": [0.25, 0.5, 0.25],
            "scored_at": datetime(2026, 11, 21, 12, 1, 1),
            "arrived_at": datetime(2026, 11, 21, 12, 1),
            "key_digest": "",
        }
    ]


def test_outcomes_lie_in_the_hour_in_which_they_arrived(bucket):
    documents = [outcome(observed_at="2026-11-20T08:00:00+02:00"), {"event_id": "e", "outcome": 3}]
    response, counts = collect(bucket, batch(OUTCOMES_ARN, documents, at=NOON + 5))
    assert (response, counts) == (NOTHING_FAILED, Collected("outcomes", 2))
    observed, plain = rows(bucket, "evaluation/outcomes/2026/11/21/12/")
    assert (observed["prediction_id"], observed["label"], observed["number"]) == ("p", "yes", None)
    assert observed["observed_at"] == datetime(2026, 11, 20, 6)
    assert (plain["prediction_id"], plain["event_id"], plain["label"], plain["number"]) == ("", "e", None, 3.0)
    assert plain["observed_at"] == plain["arrived_at"] == datetime(2026, 11, 21, 12, 0, 5)
    assert len(plain["position"]) == 64


def test_an_outcome_from_the_future_is_of_its_arrival(bucket):
    collect(bucket, batch(OUTCOMES_ARN, [outcome(observed_at="2999-01-01T00:00:00Z")], at=NOON + 5))
    assert rows(bucket, "evaluation/")[0]["observed_at"] == datetime(2026, 11, 21, 12, 0, 5)


@pytest.mark.parametrize(
    "time",
    ["2026-11-21T08:00:00.250Z", "2026-W47-6T08:00:00.250Z", "2026-11-21 08:00:00.250Z", "2026-11-21T08:00:00,250Z",
     "2026-11-21T10:00:00.2509+02:00", "20261121T080000.25000000Z"],
)  # fmt: skip
def test_times_in_every_form_are_stored_as_one(bucket, time):
    collect(bucket, batch(OUTCOMES_ARN, [outcome(observed_at=time)], at=NOON + 5))
    assert rows(bucket, "evaluation/")[0]["observed_at"] == datetime(2026, 11, 21, 8, 0, 0, 250_000)


def test_a_redelivery_writes_over_itself(bucket):
    event = batch(OUTCOMES_ARN, [outcome(), b"damaged"])
    collect(bucket, event)
    before = {key: bucket.body(key) for key in bucket.names()}
    collect(bucket, event)
    assert {key: bucket.body(key) for key in bucket.names()} == before
    assert len(before) == 2


def test_aggregated_records_are_taken_apart(bucket):
    users = [("key", json.dumps(prediction(key)).encode()) for key in ("a", "b")]
    _, counts = collect(bucket, batch(PREDICTIONS_ARN, [envelopes.aggregate(users), prediction("c")]))
    assert counts.kept == 3
    assert {row["prediction_id"] for row in rows(bucket, "evaluation/")} == {"a", "b", "c"}


@pytest.mark.parametrize(
    ("document", "code", "path"),
    [
        (b"{", "INVALID_JSON", ""),
        (b"[]", "NOT_AN_OBJECT", ""),
        (b'{"outcome":1,"outcome":2}', "DUPLICATE_KEY", ""),
        ({"outcome": "yes"}, "MISSING_EVENT_ID", "/event_id"),
        ({"prediction_id": None, "outcome": "yes"}, "MISSING_EVENT_ID", "/event_id"),
        (outcome(""), "WRONG_TYPE", "/prediction_id"),
        (outcome("p", event_id=7.5), "WRONG_TYPE", "/event_id"),
        (outcome("p" * 1025), "WRONG_TYPE", "/prediction_id"),
        ({"event_id": "e"}, "WRONG_TYPE", "/outcome"),
        (outcome(outcome=True), "WRONG_TYPE", "/outcome"),
        (outcome(outcome=""), "WRONG_TYPE", "/outcome"),
        (outcome(outcome=["yes"]), "WRONG_TYPE", "/outcome"),
        (outcome(outcome=1e39), "NON_FINITE", "/outcome"),
        (b'{"event_id":"e","outcome":1e999}', "NON_FINITE", "/outcome"),
        (b'{"event_id":"e","outcome":%s}' % (b"9" * 400), "NON_FINITE", "/outcome"),
        (outcome(observed_at="yesterday"), "WRONG_TYPE", "/observed_at"),
        (outcome(observed_at="2026-11-21T12:00:00"), "WRONG_TYPE", "/observed_at"),
        (outcome(observed_at="0001-01-01T00:00:00+14:00"), "WRONG_TYPE", "/observed_at"),
        (outcome(observed_at=1795264867), "WRONG_TYPE", "/observed_at"),
    ],
    ids=str,
)
def test_a_bad_outcome_goes_to_quarantine_and_the_others_go_on(bucket, document, code, path):
    response, counts = collect(bucket, batch(OUTCOMES_ARN, [outcome("a"), document, outcome("b")]))
    assert (response, counts) == (NOTHING_FAILED, Collected("outcomes", 2, 1))
    (key,) = bucket.names("quarantine/outcomes/2026/11/21/")
    entry = json.loads(bucket.body(key))
    assert (entry["code"], entry["path"]) == (code, path)
    assert entry["data"]


@pytest.mark.parametrize(
    ("changes", "code", "path"),
    [
        ({"name": "other"}, "WRONG_TYPE", "/model/name"),
        ({"model": None}, "WRONG_TYPE", "/model"),
        ({"score": "0.5"}, "WRONG_TYPE", "/score"),
        ({"score": []}, "WRONG_TYPE", "/score"),
        ({"source": {}}, "WRONG_TYPE", "/source/arrived_at"),
    ],
    ids=str,
)
def test_a_prediction_that_is_none_goes_to_quarantine(bucket, changes, code, path):
    event = batch(PREDICTIONS_ARN, [prediction("a", **changes), prediction("b")])
    assert collect(bucket, event) == (NOTHING_FAILED, Collected("predictions", 1, 1))
    entry = json.loads(bucket.body(bucket.names("quarantine/predictions/")[0]))
    assert (entry["code"], entry["path"]) == (code, path)


class Failing(EvaluationBucket):
    """Refuses keys that hold a text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    def put_object(self, **arguments: Any) -> dict[str, Any]:
        if self.text in arguments["Key"]:
            raise client_error("SlowDown", 503, "PutObject")
        return super().put_object(**arguments)


def test_what_was_not_written_is_delivered_again_from_its_first_record_on():
    bucket = Failing("/21/12/")
    event = batch(PREDICTIONS_ARN, [prediction("a", arrived_at=NOON - 1), prediction("b"), prediction("c")], first=7)
    response, counts = collect(bucket, event)
    assert response == {"batchItemFailures": [{"itemIdentifier": "8"}]}
    assert counts == Collected("predictions", 1, 0, 2)
    assert len(bucket.names()) == 1


def test_a_quarantine_that_was_not_written_is_delivered_again():
    response, counts = collect(Failing("quarantine/"), batch(OUTCOMES_ARN, [outcome(), b"{"], first=7))
    assert response == {"batchItemFailures": [{"itemIdentifier": "8"}]}
    assert counts == Collected("outcomes", 1, 0, 1)


def test_a_mistake_of_ours_is_not_taken_for_a_call_that_failed():
    class Broken(EvaluationBucket):
        def put_object(self, **_: Any) -> dict[str, Any]:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        collect(Broken(), batch(OUTCOMES_ARN, [outcome()]))


def test_an_empty_batch_is_nothing(bucket):
    assert collect(bucket, {"Records": []}) == (NOTHING_FAILED, Collected())
