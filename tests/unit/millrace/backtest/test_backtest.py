"""Past events through two versions; AWS is in memory, and the stream a list."""

import json
import random
from copy import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from evaluation.errors import ValueRefused
from millrace.backtest.events import moment
from millrace.backtest.truth import of_file
from millrace.cli import app
from millrace.errors import UserError
from model_store.artifact import Artifact
from outcomes.backtest import Happened, class_of
from records.identity import prediction_id
from serving.capture import Capture
from tests.fakes import artifacts, envelopes
from tests.fakes.batches import BUCKET, FakeBatch
from tests.fakes.envelopes import MODEL, STREAM_ARN, event
from tests.fakes.scorer import FakeScorer

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)
SHARD = "shardId-000000000006"
EVENTS = 1_500


class FakeKinesis:
    """Streams as lists of records, by ARN; pages of 500."""

    def __init__(self) -> None:
        self.streams: dict[str, list[dict[str, Any]]] = {STREAM_ARN: [], "arn:outcomes": []}

    def put(self, arn: str, data: bytes, at: datetime) -> None:
        records = self.streams[arn]
        number = str(49_000_000 + len(records))
        records.append(
            {"SequenceNumber": number, "PartitionKey": f"key-{number}", "Data": data, "ApproximateArrivalTimestamp": at}
        )

    def get_paginator(self, operation: str) -> "FakeKinesis":
        assert operation == "list_shards"
        return self

    def paginate(self, *, StreamARN: str) -> list[dict[str, Any]]:  # noqa: N803
        return [{"Shards": [{"ShardId": SHARD}]}]

    def get_shard_iterator(self, *, StreamARN: str, Timestamp: datetime, **_: Any) -> dict[str, Any]:  # noqa: N803
        first = sum(record["ApproximateArrivalTimestamp"] < Timestamp for record in self.streams[StreamARN])
        return {"ShardIterator": f"{StreamARN} {first}"}

    def get_records(self, *, ShardIterator: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        arn, _, first = ShardIterator.rpartition(" ")
        found = self.streams[arn][int(first) : int(first) + 500]
        return {"Records": found, "NextShardIterator": f"{arn} {int(first) + len(found)}", "MillisBehindLatest": 0}


@pytest.fixture
def kinesis(clients: dict[str, Any]) -> FakeKinesis:
    clients["kinesis"] = FakeKinesis()
    return clients["kinesis"]  # type: ignore[no-any-return]


def rows() -> list[dict[str, Any]]:
    """Events whose features spread."""
    draw = random.Random(59)
    devices, referrers = ("desktop", "mobile", "tablet"), ("ads", "search")
    return [
        event(
            n,
            pages=draw.randint(1, 39),
            spend=draw.gammavariate(2, 20),
            device=draw.choice(devices),
            referrer=draw.choice(referrers),
        )
        for n in range(EVENTS)
    ]


@pytest.fixture
def streamed(batch: FakeBatch, kinesis: FakeKinesis) -> FakeKinesis:
    """An hour of events, with the outcomes that version 1 predicts best; version 2 says yes too often."""
    draw = random.Random(60)
    for number, row in enumerate(rows()):
        kinesis.put(STREAM_ARN, json.dumps(row).encode(), NOON + timedelta(seconds=2 * number))
    kinesis.put(STREAM_ARN, b"{", NOON + timedelta(minutes=50))
    batch.put("truth/a.jsonl", [json.dumps(row) for row in rows()])
    batch.run({"run": "truth", "bucket": "input", "prefix": "truth/"})
    for line in batch.lines("truth", "predictions/"):
        document = {"event_id": line["event_id"], "outcome": int(draw.random() < line["score"])}
        kinesis.put("arn:outcomes", json.dumps(document).encode(), NOON + timedelta(hours=1))
    model = artifacts.with_base_score(artifacts.booster("binary"), 0.999)
    batch.store.publish(Artifact(artifacts.manifest("binary", model, version="2"), model))
    return kinesis


def backtest(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["backtest", "--stack", "dev", "--from", "2026-11-27T12:00", *arguments])


def test_a_candidate_is_compared_with_the_champion_on_the_same_events(batch: FakeBatch, streamed: FakeKinesis) -> None:
    done = backtest("--to", "2026-11-27T13:00", "--version", "2", "--json")
    assert done.exit_code == 0, done.output
    verdict = json.loads(done.output)
    assert (verdict["champion"]["predictions"], verdict["candidate"]["predictions"]) == (EVENTS, EVENTS)
    assert verdict["champion"]["outcomes"] == EVENTS
    assert (verdict["comparison"]["metric"], verdict["comparison"]["verdict"]) == ("log_loss", "worse")
    equal = json.loads(backtest("--to", "2026-11-27T13:00", "--version", "1", "--json").output)
    assert equal["comparison"]["verdict"] == "not yet known"
    assert equal["comparison"]["difference"] == 0


def test_events_have_the_ids_that_the_stream_gave_them(batch: FakeBatch, streamed: FakeKinesis) -> None:
    backtest("--to", "2026-11-27T12:01", "--version", "1")
    (run,) = [name for name in batch.states.executions if name.endswith("-candidate")]
    ids = [line["prediction_id"] for line in batch.lines(run, "predictions/")]
    expected = [prediction_id(MODEL, (STREAM_ARN, SHARD, str(49_000_000 + number))) for number in range(30)]
    assert ids == expected


def test_captured_rows_are_backtested_as_the_events_that_they_were(
    batch: FakeBatch, artifact: Artifact, kinesis: FakeKinesis
) -> None:
    """With missing values and a faulty event, by the stream's own scorer; a row that was scored twice counts once."""
    region = {"CreateBucketConfiguration": {"LocationConstraint": "eu-central-1"}}
    batch.s3.create_bucket(Bucket="captured", **region)
    scorer = FakeScorer(artifact)
    scorer.pipeline._capture = Capture(
        batch.s3,
        "captured",
        MODEL,
        share=1,
        every=0,
        container="c",
        clock=scorer.clock,
        metrics=scorer.pipeline.metrics,
    )
    events = [event(number, pages=number, spend=None if number == 2 else 1.1) for number in range(20)]
    scorer.run(envelopes.kinesis(*events, b"{"))
    scorer.run(envelopes.kinesis(*events[:3]))
    published = {prediction["prediction_id"]: prediction["score"] for prediction in scorer.predictions}

    arguments = ["--to", "2023-11-15", "--version", "1", "--against", "1", "--captured", "--json"]
    done = CliRunner().invoke(app, ["backtest", "--stack", "dev", "--from", "2023-11-14", *arguments])
    assert done.exit_code == 0, done.output
    (run,) = [name for name in batch.states.executions if name.endswith("-candidate")]
    assert {line["prediction_id"]: line["score"] for line in batch.lines(run, "predictions/")} == published
    assert batch.manifest(run)["counts"]["rows"] == len(published) == 20


def test_captured_rows_need_every_feature(batch: FakeBatch, artifact: Artifact, kinesis: FakeKinesis) -> None:
    hidden = tuple(replace(one, capture="hash") for one in artifact.manifest.features)
    manifest = replace(artifact.manifest, version="3", features=hidden)
    batch.store.publish(Artifact(manifest, artifact.model))
    done = backtest("--version", "1", "--against", "3", "--captured")
    assert (done.exit_code, "as the model saw it, got others: pages (hash)" in " ".join(done.output.split())) == (
        1,
        True,
    )


def test_nothing_is_written_but_into_the_batch_bucket(batch: FakeBatch, streamed: FakeKinesis) -> None:
    before = {arn: len(records) for arn, records in streamed.streams.items()}
    release = batch.store.release()
    backtest("--version", "2", "--to", "2026-11-27T13:00")
    assert {arn: len(records) for arn, records in streamed.streams.items()} == before
    assert batch.store.release() == release


def test_a_time_without_events_is_refused(batch: FakeBatch, streamed: FakeKinesis) -> None:
    done = CliRunner().invoke(app, ["backtest", "--stack", "dev", "--from", "2026-12-01", "--version", "2"])
    assert (done.exit_code, "found none" in done.output) == (1, True)


def test_an_estimate_above_the_highest_cost_is_refused(batch: FakeBatch, streamed: FakeKinesis) -> None:
    done = backtest("--version", "2", "--max-cost", "0")
    assert (done.exit_code, "raise --max-cost" in done.output) == (1, True)
    assert not batch.states.executions
    assert "Contents" not in batch.s3.list_objects_v2(Bucket=BUCKET, Prefix="uploads/"), "nothing is uploaded"


def test_the_last_outcome_counts_and_that_of_the_prediction_first() -> None:
    happened = Happened()
    day = "2026-11-27T"
    happened.add({"event_id": "e", "outcome": 0}, f"{day}10:00")
    happened.add({"event_id": "e", "outcome": 1, "observed_at": f"{day}12:00:00.5Z"}, f"{day}19:00")
    happened.add({"event_id": "e", "outcome": 0, "observed_at": f"{day}13:00+02:00"}, f"{day}19:00")
    assert happened.of({"prediction_id": "p", "event_id": "e"}) == 1
    happened.add({"prediction_id": "p", "outcome": "no"}, "")
    assert happened.of({"prediction_id": "p", "event_id": "e"}) == "no"
    unreadable = (None, [], {"outcome": 1}, {"event_id": "e"}, {"event_id": "e", "outcome": None})
    for document in (*unreadable, {"event_id": "e", "outcome": 1, "observed_at": "noon"}):
        happened.add(document, f"{day}10:00")
    assert happened.unreadable == 6


def test_a_prediction_without_an_event_id_has_no_outcome_of_an_event() -> None:
    happened = Happened()
    happened.add({"event_id": "None", "outcome": 1}, "2026-11-27T10:00")
    assert happened.of({"prediction_id": "p"}) is None


def test_outcomes_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "outcomes.jsonl"
    file.write_text('{"event_id": 7, "outcome": true}\n\n')
    assert of_file(file).of({"prediction_id": "p", "event_id": "7"}) == 1
    file.write_text("{")
    with pytest.raises(UserError, match="lines of JSON"):
        of_file(file)


def test_an_outcome_is_a_class_of_the_model(artifact: Any) -> None:
    assert [class_of(artifact.manifest, value) for value in ("yes", 1, 0.0)] == [1, 1, 0]
    for value in ("maybe", 0.5):
        with pytest.raises(ValueRefused):
            class_of(artifact.manifest, value)
    assert class_of(artifacts.artifact("regression").manifest, 2.5) == 2.5


def test_a_time_is_in_utc_unless_it_says_otherwise() -> None:
    assert moment("2026-11-27T12:00", "--from") == NOON
    assert moment("2026-11-27T13:00+01:00", "--from") == NOON
    with pytest.raises(UserError, match="--from"):
        moment("yesterday", "--from")
