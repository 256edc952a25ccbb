"""What an invocation tells of itself, with every kind of fault. docs/contracts.md, "Metrics"."""

import json
from copy import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import native
import sources
from scoring import score
from scoring.outcome import Outcome
from scoring.variant import Variant
from serving.models import ModelUnavailable
from sinks.errors import SinkRefused, SinkUnavailable
from sinks.publisher import Publisher
from sinks.quarantine import Quarantine
from sources.errors import RecordsNotPublished, UnknownEventSource
from sources.large_objects import LargeObjects
from sources.objects import StoredObjects
from telemetry.metrics import BATCH_DURATION, COUNTS, DURATIONS, EVENT_AGE
from tests.fakes import artifacts, envelopes
from tests.fakes.objects import MACHINE, Bucket, Machines
from tests.fakes.s3 import FakeS3, client_error
from tests.fakes.scorer import FakeScorer
from tests.fakes.sink import FakeSink

GOOD = [envelopes.event(i) for i in range(4)]
WRONG_TYPE = envelopes.event(9, pages="many")
DENIED = client_error("AccessDenied", 403)
STAGES = [name for name in DURATIONS if name != BATCH_DURATION]


def counts(line):
    """Events, predictions, quarantined, failed."""
    return tuple(line[name] for name in COUNTS[:4])


@pytest.mark.usefixtures("each_engine")
def test_a_good_batch(artifact):
    scorer = FakeScorer(artifact)
    scorer.clock.now += 1.0
    scorer.invoke(envelopes.kinesis(*GOOD[:3], envelopes.event(3, other=1)))
    (line,) = scorer.told
    assert counts(line) == (4, 4, 0, 0)
    assert (line["IgnoredMembers"], line["PublishRetries"], line["ReleaseRefused"]) == (1, 0, 0)
    assert line["EventAge"] == 750.0, "the envelopes say that they arrived 0.25 s after the clock began"
    assert (line["level"], line["message"], line["source"]) == ("INFO", "batch scored", "kinesis")
    assert line["versions"] == {"champion": "1"}
    assert line["engine"] == scorer.pipeline.engine
    assert line["scored_by"] == {"champion": "native" if native.NATIVE else "xgboost"}
    assert (line["predictions_by_variant"], line["quarantined"]) == ({"champion": 4}, {})
    assert (line["request_id"], line["function_version"]) == ("request-1", "7")
    assert "shadow" not in line
    assert len(scorer.metric_lines) == 1


@pytest.mark.usefixtures("each_engine")
def test_what_is_quarantined_is_told_by_code(artifact):
    scorer = FakeScorer(artifact)
    scorer.invoke(envelopes.kinesis(b"{", GOOD[0], WRONG_TYPE, b"[", b"[]"))
    assert counts(scorer.told[0]) == (5, 1, 4, 0)
    expected = {"INVALID_JSON": 2, "NOT_AN_OBJECT": 1, "WRONG_TYPE": 1}
    assert scorer.told[0]["quarantined"] == scorer.told_by_code == expected


def test_what_quarantine_did_not_take_failed_and_has_no_code(artifact):
    scorer = FakeScorer(artifact, s3=FakeS3([DENIED]))
    scorer.invoke(envelopes.kinesis(GOOD[0], b"{"))
    assert counts(scorer.told[0]) == (2, 1, 0, 1)
    assert (scorer.told[0]["quarantined"], scorer.told_by_code) == ({}, {})


def test_entries_that_are_sent_again_are_counted_once_each_time(artifact):
    scorer = FakeScorer(artifact, sink=FakeSink([[1, 3], [0]]))
    for _ in range(2):
        scorer.invoke(envelopes.kinesis(*GOOD))
    assert [(counts(line), line["PublishRetries"]) for line in scorer.told] == [((4, 4, 0, 0), 3), ((4, 4, 0, 0), 0)]


def test_a_partial_failure_is_taken_off_its_variant(artifact, newer):
    scorer = FakeScorer(artifact, sink=FakeSink([[0, 1, 2], SinkRefused("no")]))
    scorer.store.release_as(champion=artifact, challenger=newer, share=0.5)
    response = scorer.invoke(envelopes.kinesis(*(envelopes.event(i) for i in range(40))))
    (line,) = scorer.told
    assert counts(line) == (40, 37, 0, 3)
    published = [prediction["model"]["variant"] for prediction in scorer.predictions]
    assert line["predictions_by_variant"] == {name: published.count(name) for name in ("champion", "challenger")}
    assert line["versions"] == {"champion": "1", "challenger": "2"}
    assert response["batchItemFailures"]


def test_each_stage_has_its_time_and_all_have_the_whole(artifact, monkeypatch):
    scorer = FakeScorer(artifact)
    parts = [
        (sources, "read"),
        (score, "tabulate"),
        (Variant, "predict"),
        (Outcome, "encode"),
        (Publisher, "publish"),
        (Quarantine, "put"),
    ]

    def late(seconds, function):
        def after(*arguments):
            scorer.clock.now += seconds
            return function(*arguments)

        return after

    for number, (owner, name) in enumerate(parts):
        monkeypatch.setattr(owner, name, late(2.0**number, getattr(owner, name)))
    scorer.invoke(envelopes.kinesis(GOOD[0], b"{"))
    (line,) = scorer.told
    assert [line[name] for name in STAGES] == pytest.approx([3_000.0, 4_000.0, 8_000.0, 16_000.0, 32_000.0])
    assert line["BatchDuration"] == pytest.approx(63_000.0)
    assert line["EventAge"] == pytest.approx(30_750.0), "published, but not yet quarantined"


@pytest.mark.parametrize(
    "event", [envelopes.sqs(*GOOD), envelopes.sns(GOOD[0]), envelopes.kinesis(*GOOD)], ids=["sqs", "sns", "kinesis"]
)
def test_the_age_is_known_of_every_source(artifact, event):
    scorer = FakeScorer(artifact)
    scorer.clock.now += 60.0
    scorer.invoke(event)
    assert scorer.told[0]["EventAge"] == pytest.approx(59_750.0)
    assert f"aws:{scorer.told[0]['source']}" in (event["Records"][0].get("eventSource"), "aws:sns")


@pytest.mark.parametrize(
    ("batch", "sink"),
    [(envelopes.kinesis(b"{"), FakeSink()), (envelopes.kinesis(*GOOD), FakeSink([SinkRefused("no")]))],
    ids=["all quarantined", "sink refuses"],
)
def test_without_a_published_prediction_there_is_no_age(artifact, batch, sink):
    scorer = FakeScorer(artifact, sink=sink)
    scorer.invoke(batch)
    assert EVENT_AGE not in scorer.told[0]


def test_the_models_age_counts_from_the_release(artifact):
    scorer = FakeScorer(artifact)
    scorer.clock.now = datetime.fromisoformat(scorer.store.stored.release.updated_at).timestamp() + 3_600
    scorer.invoke(envelopes.kinesis(GOOD[0]))
    assert scorer.told[0]["ModelAge"] == pytest.approx(3_600)


def test_a_release_without_a_time_has_no_age(artifact):
    scorer = FakeScorer(artifact)
    stored = scorer.store.stored
    scorer.store.stored = replace(stored, release=replace(stored.release, updated_at="soon"))
    scorer.invoke(envelopes.kinesis(GOOD[0]))
    assert "ModelAge" not in scorer.told[0]
    assert counts(scorer.told[0]) == (1, 1, 0, 0)


def test_a_release_that_is_refused_is_told_with_the_batch_that_saw_it(artifact, newer):
    scorer = FakeScorer(artifact)
    scorer.invoke(envelopes.kinesis(GOOD[0]))
    scorer.store.release_as(champion=type(newer)(newer.manifest, newer.model[:-1]))
    for _ in range(3):
        scorer.clock.now += 15
        scorer.invoke(envelopes.kinesis(GOOD[0]))
    assert [(line["ReleaseRefused"], line["ReleaseStaleSeconds"]) for line in scorer.told] == [
        (0, 0.0),
        (0, 15.0),
        (1, 30.0),
        (0, 45.0),
    ]
    assert {line["versions"]["champion"] for line in scorer.told} == {"1"}


@pytest.mark.parametrize(
    ("event", "has_model", "error", "expected"),
    [
        (envelopes.sqs(*GOOD, "{"), False, ModelUnavailable, (5, 0, 0, 5)),
        (envelopes.sns(GOOD[0]), True, RecordsNotPublished, (1, 0, 0, 1)),
        ({"Records": [{"eventSource": "aws:codecommit"}]}, True, UnknownEventSource, (0, 0, 0, 0)),
    ],
    ids=["no model", "direct and unpublished", "unknown source"],
)
def test_an_invocation_that_fails_tells_what_is_known_and_raises(artifact, event, has_model, error, expected):
    scorer = FakeScorer(*[artifact] * has_model, sink=FakeSink([SinkRefused("no")]))
    with pytest.raises(error):
        scorer.invoke(event)
    (line,) = scorer.told
    assert counts(line) == expected
    assert (line["level"], line["message"], line["error"]) == ("ERROR", "batch failed", error.__name__)
    assert line["ColdStarts"] == 1
    assert {"BatchDuration", "DecodeDuration"} <= line.keys()


def test_what_is_no_model_at_all_is_a_refusal_of_a_batch_that_failed(artifact):
    scorer = FakeScorer()
    scorer.store.release_as(champion=type(artifact)(artifact.manifest, artifact.model[:-1]))
    scorer.invoke(envelopes.kinesis(GOOD[0]))
    line = scorer.told[0]
    assert (line["ReleaseRefused"], line["Failed"], line["FailedBatches"]) == (1, 1, 1)
    assert (line["level"], line["message"], line["error"]) == ("ERROR", "batch failed", "ModelUnavailable")
    assert "ModelAge" not in scorer.told[0]


def test_an_empty_batch_is_an_invocation_all_the_same(artifact):
    scorer = FakeScorer(artifact)
    scorer.invoke({"Records": []})
    assert counts(scorer.told[0]) == (0, 0, 0, 0)


@pytest.mark.parametrize("key", ["large.csv", "empty.csv", "folder/", "small.csv"])
def test_objects_that_give_no_event_are_counted_as_ignored(artifact, recorded, key):
    """Their notification counts as an arrival, of which `scorer-no-predictions` would expect predictions."""
    bucket = Bucket(**{"large.csv": b"1\n" * 501, "empty.csv": b"", "folder/": b"", "small.csv": b"{"})
    scorer, machines, event = FakeScorer(artifact), Machines(), recorded("s3")
    scorer.pipeline._objects = StoredObjects(bucket, 1_000, LargeObjects(machines, MACHINE, 5_000))
    event["Records"][0]["s3"]["object"]["key"] = key
    scorer.invoke(event)
    line = scorer.told[0]
    assert (line["Events"], line["IgnoredEvents"]) == (1, int(key != "small.csv"))
    assert (line["Quarantined"], line["Failed"]) == (int(key == "small.csv"), 0)
    assert (line["source"], len(machines.started)) == ("s3", int(key == "large.csv"))


def test_nothing_of_an_event_is_in_the_lines(artifact):
    secret = envelopes.event(1, device="SECRET") | {"event_id": "SECRET"}
    scorer = FakeScorer(artifact, sink=FakeSink([SinkUnavailable("down"), [0], SinkRefused("no")]))
    batch = envelopes.kinesis(GOOD[0], secret, b'"SECRET"')
    for record in batch["Records"]:
        record["kinesis"]["partitionKey"] = "SECRET"
    scorer.invoke(batch)
    assert "SECRET" not in "".join(scorer.metric_lines)


def test_a_shadow_is_logged_as_it_reports_itself(artifact, monkeypatch):
    scorer = FakeScorer(artifact)
    monkeypatch.setattr(scorer.pipeline._shadow, "score", lambda *_: {"version": "s", "scored": 4})
    scorer.invoke(envelopes.kinesis(*GOOD))
    assert (scorer.told[0]["shadow"], counts(scorer.told[0])) == ({"version": "s", "scored": 4}, (4, 4, 0, 0))


PAYLOADS = st.sampled_from([GOOD[0], GOOD[1], WRONG_TYPE, b"{", b"[]", "no base64"])
ANSWERS = st.lists(st.lists(st.integers(0, 9), max_size=4, unique=True) | st.just(SinkUnavailable("down")), max_size=3)


@given(
    batches=st.lists(st.lists(PAYLOADS, max_size=8), min_size=1, max_size=3),
    answers=ANSWERS,
    quarantine=st.lists(st.sampled_from([None, DENIED]), max_size=2),
)
def test_every_event_is_counted_once_and_every_number_agrees(batches, answers, quarantine):
    scorer = FakeScorer(artifacts.artifact(), sink=FakeSink([*answers, SinkRefused("no")]), s3=FakeS3(quarantine))
    for number, payloads in enumerate(batches):
        scorer.invoke(envelopes.kinesis(*payloads, first=envelopes.FIRST_SEQUENCE + 100 * number))
    assert len(scorer.told) == len(batches)
    for payloads, line in zip(batches, scorer.told, strict=True):
        events, predictions, quarantined, failed = counts(line)
        assert events == len(payloads) == predictions + quarantined + failed
        assert sum(line.get("predictions_by_variant", {}).values()) == predictions
        assert sum(line.get("quarantined", {}).values()) == quarantined
    assert sum(line["Predictions"] for line in scorer.told) == len(scorer.predictions)
    assert sum(line["Quarantined"] for line in scorer.told) == len(scorer.quarantined)
    by_code = [json.loads(line)["QuarantinedByCode"] for line in scorer.metric_lines if '"Code"' in line]
    assert sum(by_code) == len(scorer.quarantined)
    assert [line["ColdStarts"] for line in scorer.told] == [1] + [0] * (len(batches) - 1)
