"""What is kept of batches, when it is written, and that no batch suffers for it."""

import hashlib
import io
import json
from copy import replace

import polars as pl
import pytest

from model_store.release import CHALLENGER
from serving.capture import MOST_BYTES, PAUSE_SECONDS, Capture
from sinks.errors import SinkRefused
from tests.fakes import artifacts, envelopes
from tests.fakes.clock import CALL
from tests.fakes.s3 import FakeS3, client_error
from tests.fakes.scorer import FakeScorer
from tests.fakes.sink import FakeSink

pytestmark = pytest.mark.usefixtures("each_engine")

EVERY = 60.0
FOLDER = "captured/capture/sessions/2023/11/14/22"  # the bucket's name, then the key
DENIED = client_error("AccessDenied", 403)


def capturing(*versions, share=1.0, every=EVERY, failures=(), sink=None):
    """A scorer whose rows are captured; `kept` is the S3 that they are written to."""
    scorer = FakeScorer(*versions, sink=sink)
    scorer.kept = FakeS3(failures)
    scorer.pipeline._capture = Capture(
        scorer.kept, "captured", "sessions", share=share, every=every, container="c", clock=scorer.clock,
        metrics=scorer.pipeline.metrics,
    )  # fmt: skip
    return scorer


def batch(n, first=0, **features):
    events = [envelopes.event(i, **features) for i in range(first, first + n)]
    return envelopes.kinesis(*events, first=envelopes.FIRST_SEQUENCE + first)


def files(scorer):
    return {key: pl.read_parquet(io.BytesIO(body)) for key, body in scorer.kept.objects.items()}


def rows(scorer):
    found = files(scorer)
    return pl.concat(found.values()) if found else pl.DataFrame({"prediction_id": []})


def in_share(key, share):
    return int(hashlib.sha256(key.encode()).hexdigest()[8:16], 16) < share * 2**32


def failures(scorer):
    return [json.loads(line).get("CaptureFailures") for line in scorer.metric_lines]


def test_a_captured_row_is_the_published_prediction_with_the_features_as_the_model_saw_them(artifact):
    scorer = capturing(artifact)
    scorer.run(batch(3, spend=None))
    ((key, file),) = files(scorer).items()
    assert key == f"{FOLDER}/1/c-0.parquet"
    for row, prediction in zip(file.to_dicts(), scorer.predictions, strict=True):
        expected = {name: prediction[name] for name in ("prediction_id", "event_id", "partition_key", "scored_at")}
        assert {name: row[name] for name in expected} == expected
        assert json.loads(row["source"]) == prediction["source"]
        assert row["arrived_at"] == prediction["source"]["arrived_at"]
        assert (row["version"], row["variant"]) == ("1", "champion")
        assert row["score"] == pytest.approx(prediction["score"], rel=1e-7)
    features = file["features"].struct.unnest()
    assert features.columns == [feature.name for feature in artifact.manifest.features]
    assert features["spend"].is_nan().all()
    assert features["pages"].to_list() == [3.0, 4.0, 5.0]


def test_rows_wait_until_a_write_is_due_and_each_is_written_once(artifact):
    scorer = capturing(artifact)
    for number in range(4):
        scorer.run(batch(10, first=10 * number))
        scorer.clock.now += EVERY / 2
    assert [file.height for file in files(scorer).values()] == [10, 20]  # the last batch waits


def test_a_stack_can_write_with_each_batch(artifact):
    scorer = capturing(artifact, every=0.0)
    for number in range(3):
        scorer.run(batch(2, first=2 * number))
    assert [file.height for file in files(scorer).values()] == [2, 2, 2]


def test_much_is_written_before_it_is_due(artifact, monkeypatch):
    monkeypatch.setattr("serving.capture.WRITE_BYTES", 15_000)
    scorer = capturing(artifact)
    for number in range(4):
        scorer.run(batch(10, first=10 * number))
    assert [file.height for file in files(scorer).values()] == [10, 30]


def test_a_share_takes_all_rows_of_a_share_of_the_keys(artifact):
    scorer = capturing(artifact, share=0.4)
    scorer.run(batch(200))
    expected = [p["partition_key"] for p in scorer.predictions if in_share(p["partition_key"], 0.4)]
    assert rows(scorer)["partition_key"].to_list() == expected
    assert 0.25 * 200 < len(expected) < 0.55 * 200


def test_the_share_of_keys_is_not_that_of_the_challenger(artifact):
    release = FakeScorer(artifact).store.stored.release
    keys = [f"key-{i}" for i in range(2_000)]
    challenger = {key for key in keys if replace(release, share=0.5).variant(key) == CHALLENGER}
    captured = {key for key in keys if in_share(key, 0.5)}
    assert 0.4 < len(challenger & captured) / len(captured) < 0.6


def test_each_version_has_its_own_object(artifact):
    challenger = artifacts.artifact(version="2", seed=2)
    scorer = capturing(artifact, challenger)
    scorer.store.release_as(champion=artifact, challenger=challenger, share=0.5)
    scorer.run(batch(50))
    found = {key.split("/")[-2]: file for key, file in files(scorer).items()}
    counts = {variant: version.height for version in found.values() for variant in version["variant"].unique()}
    assert set(found) == {"1", "2"}
    assert set(counts) == {"champion", "challenger"}
    assert sum(counts.values()) == 50


def test_what_was_not_published_is_not_captured(artifact):
    scorer = capturing(artifact, sink=FakeSink([[2], SinkRefused("no")]))
    scorer.run(envelopes.kinesis(*[envelopes.event(i) for i in range(4)], b"{"))
    assert rows(scorer)["event_id"].to_list() == ["e-0", "e-1", "e-3"]


def test_the_manifest_says_what_is_kept_of_a_feature(artifact):
    rules = {"spend": "hash", "device": "mask", "returning": "omit"}
    features = tuple(replace(one, capture=rules.get(one.name, "plain")) for one in artifact.manifest.features)
    scorer = capturing(replace(artifact, manifest=replace(artifact.manifest, features=features)))
    events = [envelopes.event(i, spend=value) for i, value in enumerate((12.5, None, 12.5, 13.0))]
    scorer.run(envelopes.kinesis(*events))
    kept = rows(scorer)["features"].struct.unnest()
    assert "returning" not in kept.columns
    first, missing, same, other = kept["spend"].to_list()
    assert first == same != other
    assert (len(first), missing) == (16, "")
    assert "12.5" not in str(kept["spend"].to_list())
    assert kept["device"].to_list() == [1.0] * 4


@pytest.mark.parametrize("first", [0.0, -0.0])
def test_zero_has_one_hash_whichever_sign_came_first(artifact, first):
    features = tuple(replace(one, capture="hash") for one in artifact.manifest.features)
    scorer = capturing(replace(artifact, manifest=replace(artifact.manifest, features=features)))
    scorer.run(envelopes.kinesis(*[envelopes.event(i, spend=value) for i, value in enumerate((first, -first))]))
    expected = hashlib.sha256(b"spend|0.0").hexdigest()[:16]
    assert rows(scorer)["features"].struct.unnest()["spend"].to_list() == [expected, expected]


def test_a_failed_write_is_counted_and_tried_again_and_fails_no_batch(artifact):
    scorer = capturing(artifact, failures=[DENIED])
    response = scorer.invoke(batch(5))
    assert (response["batchItemFailures"], len(scorer.predictions), files(scorer)) == ([], 5, {})
    scorer.clock.now += EVERY
    scorer.invoke(batch(5, first=5))
    assert rows(scorer).height == 10
    assert failures(scorer) == [1, 0]


def test_with_s3_down_memory_is_bounded(artifact, monkeypatch):
    monkeypatch.setattr("serving.capture.MOST_BYTES", 20_000)
    scorer = capturing(artifact, every=0.0, failures=[DENIED] * 10)
    for number in range(10):
        scorer.run(batch(10, first=10 * number))
        scorer.clock.now += PAUSE_SECONDS
    assert scorer.kept.calls == 10
    assert scorer.pipeline._capture._size() <= 20_000 < MOST_BYTES
    scorer.run(batch(1, first=100))
    assert 1 <= rows(scorer).height < 101


@pytest.mark.parametrize("every", [0.0, EVERY])
def test_a_bucket_that_refuses_is_not_asked_by_every_batch(artifact, monkeypatch, every):
    """Each attempt compresses all rows that wait; with so many that they would be written at once, by each batch."""
    monkeypatch.setattr("serving.capture.WRITE_BYTES", 1)
    scorer = capturing(artifact, every=every, failures=[DENIED] * 100)
    for number in range(30):
        scorer.run(batch(1, first=number))
        scorer.clock.now += 1.0
    assert scorer.kept.calls == 3
    scorer.kept._failures = iter(())
    scorer.clock.now += PAUSE_SECONDS
    scorer.run(batch(1, first=30))
    assert rows(scorer).height == 31


def test_long_ids_count_as_what_they_take(artifact, monkeypatch):
    """A batch of 6 MB may have events whose ids take most of it."""
    monkeypatch.setattr("serving.capture.MOST_BYTES", 50_000)
    scorer = capturing(artifact, failures=[DENIED])
    scorer.run(envelopes.kinesis(envelopes.event(1) | {"event_id": "e" * 60_000}))
    assert scorer.pipeline._capture._size() == 0


@pytest.mark.parametrize("broken", ["_add", "_put"])
def test_a_fault_of_capture_fails_no_batch(artifact, monkeypatch, broken):
    scorer = capturing(artifact)

    def fail(*_):
        raise ValueError("event e-0 is odd")

    monkeypatch.setattr(scorer.pipeline._capture, broken, fail)
    response = scorer.invoke(batch(5))
    assert (response["batchItemFailures"], len(scorer.predictions)) == ([], 5)
    assert failures(scorer) == [1]


def test_without_time_for_a_call_rows_wait(artifact, monkeypatch):
    scorer = capturing(artifact)
    keep = scorer.pipeline._capture.keep
    late = scorer.clock.deadline(CALL / 2)
    monkeypatch.setattr(scorer.pipeline._capture, "keep", lambda published, now, _: keep(published, now, late))
    scorer.run(batch(5))
    assert (files(scorer), scorer.kept.calls) == ({}, 0)
    monkeypatch.undo()
    scorer.run(batch(5, first=5))
    assert rows(scorer).height == 10


def test_without_capture_no_metric_is_written(artifact):
    scorer = FakeScorer(artifact)
    scorer.invoke(batch(1))
    assert failures(scorer) == [None]
