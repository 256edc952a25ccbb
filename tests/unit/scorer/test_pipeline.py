import json
from array import array

import pytest

from records.faults import Code
from sinks.errors import SinkRefused, SinkUnavailable
from sources.errors import RecordsNotPublished
from tests.fakes import envelopes
from tests.fakes.s3 import FakeS3, client_error
from tests.fakes.scorer import FakeScorer
from tests.fakes.sink import FakeSink, sized

pytestmark = pytest.mark.usefixtures("each_engine")

GOOD = [envelopes.event(i) for i in range(4)]
DENIED = client_error("AccessDenied", 403)


def failures(response):
    return [entry["itemIdentifier"] for entry in response["batchItemFailures"]]


def sequence(number):
    return str(envelopes.FIRST_SEQUENCE + number)


def test_a_good_batch_is_scored_in_order_under_its_own_keys(artifact):
    scorer = FakeScorer(artifact)
    event = envelopes.kinesis(*GOOD)
    response, report = scorer.run(event)
    assert response == {"batchItemFailures": []}
    assert [p["event_id"] for p in scorer.predictions] == ["e-0", "e-1", "e-2", "e-3"]
    keys = [record["kinesis"]["partitionKey"] for record in event["Records"]]
    assert [message.partition_key for message in scorer.sink.acknowledged] == keys
    assert (report.records, report.predictions, report.failed, report.ignored_members) == (4, 4, 0, 0)
    assert (scorer.s3.calls, scorer.predictions[0]["scored_at"]) == (0, "2023-11-14T22:13:20.000Z")


def test_an_empty_batch_asks_nobody(artifact):
    scorer = FakeScorer(artifact)
    response, report = scorer.run({"Records": []})
    assert (response, report.records) == ({"batchItemFailures": []}, 0)
    assert (scorer.store.asked, scorer.sink.calls, scorer.s3.calls) == ([], [], 0)


def test_a_redelivered_batch_gives_the_same_prediction_ids(artifact):
    scorer = FakeScorer(artifact)
    for _ in range(2):
        scorer.run(envelopes.kinesis(*GOOD))
    ids = [p["prediction_id"] for p in scorer.predictions]
    assert ids[:4] == ids[4:]
    assert len(set(ids)) == 4


def test_what_cannot_be_published_is_reported_and_the_rest_is_done(artifact):
    scorer = FakeScorer(artifact, sink=FakeSink([[2], SinkRefused("no")]))
    response, report = scorer.run(envelopes.kinesis(*GOOD, b"{"))
    assert failures(response) == [sequence(2)]
    assert (report.predictions, report.failed, report.quarantined) == (3, 1, {Code.INVALID_JSON: 1})


def test_with_the_sink_down_bad_events_are_still_quarantined(artifact):
    scorer = FakeScorer(artifact, sink=FakeSink([SinkUnavailable("down")] * 10_000))
    response, report = scorer.run(envelopes.kinesis(b"{", *GOOD))
    assert failures(response) == [sequence(1)]
    assert (report.predictions, report.failed) == (0, 4)
    assert len(scorer.quarantined) == 1


def test_with_the_quarantine_down_its_records_are_reported_and_the_rest_is_published(artifact):
    scorer = FakeScorer(artifact, s3=FakeS3([DENIED]))
    response, report = scorer.run(envelopes.kinesis(GOOD[0], b"{", GOOD[1], b"["))
    assert failures(response) == [sequence(1)]
    assert (report.predictions, report.failed, report.quarantined) == (2, 2, {})
    assert len(scorer.predictions) == 2


def test_the_lowest_failure_counts_whether_unpublished_or_unkept(artifact):
    scorer = FakeScorer(artifact, sink=FakeSink([[0], SinkRefused("no")]), s3=FakeS3([DENIED]))
    response, report = scorer.run(envelopes.kinesis(*GOOD[:2], b"{"))
    assert failures(response) == [sequence(0)]
    assert (report.predictions, report.failed) == (1, 2)


def test_sqs_hears_of_every_message_that_failed_and_of_no_other(artifact):
    scorer = FakeScorer(artifact, sink=FakeSink([[1], SinkRefused("no")]), s3=FakeS3([DENIED]))
    event = envelopes.sqs(GOOD[0], envelopes.notification(GOOD[1]), "{", GOOD[2])
    response, _ = scorer.run(event)
    assert failures(response) == [event["Records"][i]["messageId"] for i in (1, 2)]


def test_direct_sns_fails_the_invocation_when_its_event_got_nowhere(artifact):
    scorer = FakeScorer(artifact, sink=FakeSink([SinkRefused("no")]))
    with pytest.raises(RecordsNotPublished):
        scorer.run(envelopes.sns(GOOD[0]))
    response, _ = scorer.run(envelopes.sns(GOOD[0]))
    assert response == {"batchItemFailures": []}
    response, report = scorer.run(envelopes.sns("{"))
    assert (response, report.quarantined) == ({"batchItemFailures": []}, {Code.INVALID_JSON: 1})


def test_a_prediction_that_the_sink_can_never_take_is_quarantined(artifact):
    event = envelopes.event(0) | {"event_id": "x" * 2_000}
    scorer = FakeScorer(artifact, sink=sized(FakeSink(), entry=1_500))
    response, report = scorer.run(envelopes.kinesis(GOOD[0], event, GOOD[1]))
    assert failures(response) == []
    assert (report.predictions, report.quarantined) == (2, {Code.PREDICTION_TOO_LARGE: 1})
    assert scorer.quarantined[0]["source"]["position"] == sequence(1)


def test_a_score_that_is_not_finite_is_quarantined_alone(artifact, monkeypatch):
    scorer = FakeScorer(artifact)
    scorer.run(envelopes.kinesis(GOOD[0]))
    variant = scorer.pipeline._models.serving(scorer.clock.deadline(60.0)).variants["champion"]
    scores = array("f", [0.5, float("nan"), 0.5])
    monkeypatch.setattr(variant, "predict", lambda matrix, rows: scores)
    _, report = scorer.run(envelopes.kinesis(*GOOD[:3]))
    assert (report.predictions, report.quarantined) == (2, {Code.NON_FINITE: 1})


def test_without_time_everything_comes_back(artifact):
    scorer = FakeScorer(artifact)
    response, report = scorer.run(envelopes.kinesis(*GOOD, b"{"), seconds=1)
    assert failures(response) == [sequence(0)]
    assert (report.predictions, report.failed, scorer.sink.calls, scorer.s3.calls) == (0, 5, [], 0)


def test_predict_is_called_once_a_batch(artifact, monkeypatch):
    scorer = FakeScorer(artifact)
    scorer.run(envelopes.kinesis(GOOD[0]))
    variant = scorer.pipeline._models.serving(scorer.clock.deadline(60.0)).variants["champion"]
    calls, predict = [], variant.predict
    monkeypatch.setattr(variant, "predict", lambda matrix, rows: calls.append(rows) or predict(matrix, rows))
    scorer.run(envelopes.kinesis(*GOOD, b"{"))
    assert calls == [4]


def test_the_report_counts_every_record_once(artifact):
    scorer = FakeScorer(artifact, sink=FakeSink([[0, 1], SinkRefused("no")]))
    _, report = scorer.run(envelopes.kinesis(*GOOD, b"{", b"[]"))
    assert report.records == report.predictions + sum(report.quarantined.values()) + report.failed
    assert (report.predictions, report.quarantined, report.failed) == (
        2,
        {Code.INVALID_JSON: 1, Code.NOT_AN_OBJECT: 1},
        2,
    )


def test_a_notification_with_a_time_that_no_prediction_can_have_harms_no_neighbour(artifact):
    """Rounded to milliseconds, its time is in the year 10000: its body is an event, and a bad one."""
    odd = envelopes.notification(envelopes.event(7), Timestamp="9999-12-31T23:59:59.999999Z")
    scorer = FakeScorer(artifact)
    response, report = scorer.run(envelopes.sqs(GOOD[0], json.dumps(odd), GOOD[1]))
    assert (failures(response), report.predictions, report.quarantined) == ([], 2, {Code.MISSING_EVENT_ID: 1})
