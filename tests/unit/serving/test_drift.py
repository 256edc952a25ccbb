"""What is counted of batches, when it is written, and that no batch suffers for it."""

import json
from copy import replace

import numpy as np
import pytest

from evaluation.drift import Window
from evaluation.sampling import MOST, Sample
from model_store.documents import parse
from serving.drift import MOST_VERSIONS, DriftWatch
from sinks.errors import SinkRefused
from tests.fakes import artifacts, envelopes
from tests.fakes.clock import CALL
from tests.fakes.envelopes import read
from tests.fakes.s3 import FakeS3, client_error
from tests.fakes.scorer import FakeScorer
from tests.fakes.sink import FakeSink
from training.baseline import baseline

pytestmark = pytest.mark.usefixtures("each_engine")

IDLE = 61  # seconds: two polls
EVERY = 300.0
FOLDER = "evaluation/evaluation/sessions/drift/2023/11/14/22"  # the bucket's name, then the key
DENIED = client_error("AccessDenied", 403)


def with_baseline(version="1", seed=1):
    """An artifact with the baseline of 400 rows."""
    plain, matrix = artifacts.artifact(version=version, seed=seed), artifacts.matrix(400)
    scores = artifacts.booster("binary", seed).inplace_predict(matrix).reshape(-1, 1)
    return replace(plain, manifest=replace(plain.manifest, baseline=baseline(artifacts.FEATURES, matrix, scores)))


@pytest.fixture(scope="module")
def champion():
    return with_baseline()


@pytest.fixture(scope="module")
def challenger():
    return with_baseline("2", seed=2)


def watched(*versions, failures=(), every=EVERY, sink=None):
    """A scorer of these versions whose drift is watched; `counts` is the S3 that it is written to."""
    scorer = FakeScorer(*versions, sink=sink)
    scorer.counts = FakeS3(failures)
    scorer.pipeline._drift = DriftWatch(
        scorer.counts, "evaluation", "sessions", every=every, container="c", clock=scorer.clock
    )
    return scorer


def batch(n, first=0, **features):
    events = [envelopes.event(i % 30, **features) for i in range(first, first + n)]
    return envelopes.kinesis(*events, first=envelopes.FIRST_SEQUENCE + first)


def documents(scorer):
    return {key: json.loads(body) for key, body in scorer.counts.objects.items()}


def sample(artifact, document):
    return Sample.read(artifact.manifest, parse(json.dumps(document["strides"]).encode(), "strides"))


def rows(scorer):
    """Rows that were written, by version and stride."""
    found = {}
    for document in documents(scorer).values():
        for stride, window in document["strides"].items():
            key = document["version"], int(stride)
            counts = window["scores"][0]
            found[key] = found.get(key, 0) + sum(counts["counts"]) + counts["missing"]
    return found


def test_the_first_batch_is_counted_as_it_was_scored_and_written_at_once(champion):
    scorer = watched(champion)
    _, report = scorer.run(batch(30))
    assert report.predictions == 30
    ((key, document),) = documents(scorer).items()
    assert key == f"{FOLDER}/1/c-0.json"
    assert [document[name] for name in ("schema_version", "model", "version", "from", "to")] == [
        1, "sessions", "1", "2023-11-14T22:13:20.000Z", "2023-11-14T22:13:20.000Z"
    ]  # fmt: skip
    expected = Window(champion.manifest)
    matrix = np.array([[3 + i, 12.5, 1, 1, 0] for i in range(30)], np.float32)
    scores = np.array([p["score"] for p in scorer.predictions], np.float32)
    expected.add(matrix.tobytes(), scores.tobytes())
    assert sample(champion, document).window().to_json() == expected.to_json()


def test_of_a_large_batch_some_rows_are_counted_for_all(champion):
    scorer = watched(champion)
    scorer.run(batch(1_500))
    assert rows(scorer) == {("1", 8): pytest.approx(1_500 / 8, abs=1)}
    assert sum(rows(scorer).values()) <= MOST


def test_counts_are_written_no_more_often_than_asked_for_and_each_once(champion):
    scorer = watched(champion)
    for _ in range(4):
        scorer.run(batch(10))
        scorer.clock.now += EVERY / 2
    assert list(documents(scorer)) == [f"{FOLDER}/1/c-0.json", f"{FOLDER}/1/c-1.json"]
    assert rows(scorer) == {("1", 1): 10 + 20}  # the last batch waits


def test_the_hour_is_that_in_which_counting_began(champion):
    scorer = watched(champion)
    scorer.run(batch(1))
    scorer.run(batch(1))
    scorer.clock.now += 3_600
    scorer.run(batch(1))
    later = documents(scorer)[f"{FOLDER}/1/c-1.json"]
    assert (later["from"], later["to"]) == ("2023-11-14T22:13:20.000Z", "2023-11-14T23:13:20.000Z")


def test_versions_are_counted_apart_whatever_they_serve_as(champion, challenger):
    scorer = watched(champion, challenger)
    scorer.store.release_as(champion=champion, challenger=challenger, share=0.5)
    scorer.run(batch(100))
    found = rows(scorer)
    assert set(found) == {("1", 1), ("2", 1)}
    assert sum(found.values()) == 100


def test_a_new_release_makes_the_counts_before_it_go_first(champion, challenger):
    scorer = watched(champion, challenger)
    scorer.run(batch(10))
    scorer.clock.now += IDLE  # the next batch waits for the release
    scorer.run(batch(10))
    scorer.store.release_as(champion=challenger)
    scorer.clock.now += IDLE
    scorer.run(batch(10))
    assert list(documents(scorer)) == [f"{FOLDER}/1/c-0.json", f"{FOLDER}/1/c-1.json", f"{FOLDER}/2/c-2.json"]
    assert rows(scorer) == {("1", 1): 20, ("2", 1): 10}


def test_counts_that_could_not_be_written_are_kept_and_tried_later(champion, caplog):
    scorer = watched(champion, failures=[DENIED])
    response, report = scorer.run(batch(10))
    assert (response, report.failed, report.predictions) == ({"batchItemFailures": []}, 0, 10)
    assert "drift counts not written: AccessDenied (HTTP 403)" in caplog.text
    scorer.run(batch(10))
    assert scorer.counts.calls == 1, "not with each batch"
    scorer.clock.now += EVERY
    scorer.run(batch(10))
    assert rows(scorer) == {("1", 1): 30}


def test_versions_that_cannot_be_written_do_not_pile_up(champion, caplog):
    versions = [with_baseline(str(i)) for i in range(MOST_VERSIONS + 2)]
    scorer = watched(*versions, failures=[DENIED] * len(versions))
    for version in versions:
        scorer.store.release_as(champion=version)
        scorer.run(batch(1))
        scorer.clock.now += IDLE
    watch = scorer.pipeline._drift
    assert [counts.version for counts in watch._counts.values()] == [str(i) for i in range(2, MOST_VERSIONS + 2)]
    assert "drift counts of version 0 discarded" in caplog.text
    assert len(watch._empty) == 1


@pytest.mark.parametrize("seconds", [CALL, CALL / 2])
def test_nothing_is_written_when_the_invocation_ends(champion, seconds):
    """What it counted is written after a later batch."""
    scorer = watched(champion, sink=FakeSink())
    scorer.pipeline._drift.count(*scored(scorer), scorer.clock.deadline(seconds))
    assert scorer.counts.calls == 0
    scorer.run(batch(10))
    assert rows(scorer) == {("1", 1): 15}


def scored(scorer):
    """Five rows that were scored, and when."""
    from scoring.score import tabulate

    tables, _ = tabulate(
        read(batch(5)), scorer.pipeline._models.serving(scorer.clock.deadline(60.0)), scorer.pipeline._engine
    )
    for table in tables:
        table.predict()
    return tables, scorer.clock.now


def test_a_batch_that_comes_again_is_counted_once(champion):
    scorer = watched(champion, sink=FakeSink([[2], SinkRefused("no")]))
    response, _ = scorer.run(batch(4))
    assert response["batchItemFailures"]
    scorer.run(batch(4))
    assert rows(scorer) == {("1", 1): 4}


def test_events_that_cannot_be_scored_are_not_counted(champion):
    scorer = watched(champion)
    scorer.run(envelopes.kinesis(envelopes.event(1), b"{", envelopes.event(2, pages="three")))
    assert rows(scorer) == {("1", 1): 1}


def test_scores_that_are_not_finite_leave_the_others_counted(champion, monkeypatch):
    scorer = watched(champion)
    tables, now = scored(scorer)
    tables[0].scores[1] = float("inf")
    tables[0].scores[2] = float("nan")
    scorer.pipeline._drift.count(tables, now, scorer.clock.deadline(60))
    assert rows(scorer) == {("1", 1): 3}


def test_many_classes_are_counted_each():
    plain, matrix = artifacts.artifact("multiclass"), artifacts.matrix(400)
    scores = artifacts.booster("multiclass").inplace_predict(matrix)
    found = baseline(artifacts.FEATURES, matrix, scores)
    scorer = watched(replace(plain, manifest=replace(plain.manifest, baseline=found)))
    scorer.run(batch(7))
    ((_, document),) = documents(scorer).items()
    assert [sum(one["counts"]) for one in document["strides"]["1"]["scores"]] == [7, 7, 7]


BAD = {
    "none": {},
    "of other features": {"rows": 1, "features": {}, "scores": []},
}


@pytest.mark.parametrize("found", BAD.values(), ids=BAD)
def test_without_a_baseline_that_fits_there_is_no_drift_and_one_line_says_so(champion, found, caplog):
    scorer = watched(replace(champion, manifest=replace(champion.manifest, baseline=found)))
    for _ in range(3):
        _, report = scorer.run(batch(2))
        assert report.predictions == 2
    assert scorer.counts.calls == 0
    assert caplog.text.count("drift of version 1 is not measured: manifest.baseline") == 1


def test_whatever_goes_wrong_no_batch_suffers(champion, caplog):
    scorer = watched(champion, failures=[ZeroDivisionError("of an event's text")])
    response, report = scorer.run(batch(3))
    assert (response, report.predictions) == ({"batchItemFailures": []}, 3)
    assert "drift not counted: ZeroDivisionError" in caplog.text
    assert "event's text" not in caplog.text


def test_batches_without_rows_are_nothing(champion):
    scorer = watched(champion)
    scorer.run(envelopes.kinesis(b"{"))
    assert scorer.counts.calls == 0
