"""`millrace replay`: rows and recorded events through a stack, with their truths."""

import json
from collections.abc import Callable
from copy import replace
from pathlib import Path
from typing import Any

import pytest

from millrace.model.publish import publish
from millrace.stack import Stack
from model_store.artifact import Artifact
from stream_producers.receipts import read_receipts
from tests.fakes import artifacts, envelopes
from tests.fakes.commands import run
from tests.fakes.scorer import FakeScorer
from tests.fakes.stack import stack, stream_arn

Client = Callable[[str], Any]
HEADER = "pages,spend,returning,device,referrer,id,y"


@pytest.fixture
def deployed(aws: Client, scratch: Path) -> Callable[..., Artifact]:
    """Deploys a stack with an evaluator that serves a model of a kind."""
    running = stack(aws, shards=1)
    aws("kinesis").create_stream(StreamName="outcomes", ShardCount=1)
    outputs = {**running.outputs, "evaluator": {"outcomes_stream": {"arn": stream_arn("outcomes"), "name": "outcomes"}}}

    def deploy(kind: str = "binary", *, evaluator: bool = True) -> Artifact:
        there = Stack("local", {}, outputs if evaluator else running.outputs)
        there.save()
        artifact = artifacts.artifact(kind)
        publish(there.model_store(), artifact)
        return artifact

    return deploy


def write(path: Path, *rows: str) -> Path:
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return path


def in_stream(aws: Client, name: str) -> list[Any]:
    kinesis = aws("kinesis")
    shard = kinesis.describe_stream(StreamName=name)["StreamDescription"]["Shards"][0]["ShardId"]
    at = kinesis.get_shard_iterator(StreamName=name, ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    return [record["Data"] for record in kinesis.get_records(ShardIterator=at)["Records"]]


def scored(artifact: Artifact, events: list[Any]) -> list[Any]:
    scorer = FakeScorer(artifact)
    scorer.run(envelopes.kinesis(*events))
    assert scorer.quarantined == []
    return scorer.predictions


@pytest.mark.parametrize(
    ("kind", "labels", "outcomes"),
    [
        ("binary", ["no", "yes"], [0, 1]),
        ("multiclass", ["many", "none"], [2, 0]),
        ("regression", ["1.5", "7"], [1.5, 7.0]),
    ],
)
def test_rows_and_their_truths(
    aws: Client, deployed: Callable[..., Artifact], tmp_path: Path, kind: str, labels: list[str], outcomes: list[Any]
) -> None:
    artifact = deployed(kind)
    file = write(tmp_path / "in.csv", f"3.0,1.5,1,mobile,ads,a,{labels[0]}", f"4.0,,0,desktop,,b,{labels[1]}")

    code, out, err = run("replay", file, "--label", "y", "--id", "id", "--receipts", tmp_path / "receipts.jsonl")

    assert (code, err) == (0, "")
    assert "event_stream: sent 2, resent 0, failed 0\noutcomes: sent 2, failed 0\n" in out
    events = in_stream(aws, "events")
    assert json.loads(events[0]) == {
        "event_id": "a",
        "features": {"pages": 3, "spend": 1.5, "returning": True, "device": "mobile", "referrer": "ads"},
    }
    assert [prediction["event_id"] for prediction in scored(artifact, events)] == ["a", "b"]
    sent = [json.loads(data) for data in in_stream(aws, "outcomes")]
    assert {(one["event_id"], one["outcome"]) for one in sent} == {("a", outcomes[0]), ("b", outcomes[1])}
    assert [receipt.outcome for receipt in read_receipts(tmp_path / "receipts.jsonl")] == outcomes


def test_without_an_evaluator_no_outcomes_are_sent(deployed: Callable[..., Artifact], tmp_path: Path) -> None:
    deployed(evaluator=False)
    code, out, _ = run("replay", write(tmp_path / "in.csv", "3,1.5,true,mobile,ads,a,yes"), "--label", "y")
    assert code == 0
    assert "left out, as the model does not read them: id\n" in out
    assert "outcomes" not in out


def test_a_label_that_the_model_does_not_have(deployed: Callable[..., Artifact], tmp_path: Path) -> None:
    deployed()
    code, _, err = run("replay", write(tmp_path / "in.csv", "3,1.5,true,mobile,ads,a,maybe"), "--label", "y")
    assert (code, err) == (1, "error: label 'y': expected the labels of sessions 1, no, yes, got maybe\n")


def test_a_required_feature_without_a_column(deployed: Callable[..., Artifact], tmp_path: Path) -> None:
    deployed()
    (tmp_path / "in.csv").write_text("spend\n1\n")
    code, _, err = run("replay", tmp_path / "in.csv")
    assert (code, err) == (1, "error: expected columns for the features pages of sessions 1, got none\n")


def test_recorded_events_are_sent_as_they_are(aws: Client, deployed: Callable[..., Artifact], tmp_path: Path) -> None:
    artifact = deployed()
    lines = [json.dumps(envelopes.event(number), indent=None, separators=(", ", ":  ")) for number in range(3)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines) + "\n\n")

    assert run("replay", tmp_path / "in.jsonl", "--skip", 1)[0] == 0

    events = in_stream(aws, "events")
    assert [event.decode() for event in events] == lines[1:]
    assert len(scored(artifact, events)) == 2


def test_rows_go_where_the_model_reads_them(aws: Client, deployed: Callable[..., Artifact], tmp_path: Path) -> None:
    from millrace.replay import rows
    from model_store.feature import members_of
    from model_store.manifest import EventFormat
    from stream_producers.tables import read_table

    manifest = replace(
        artifacts.artifact().manifest,
        event=EventFormat("/meta/id"),
        features=members_of("/data/now", artifacts.FEATURES),
    )
    table = read_table(write(tmp_path / "in.csv", "3,1.5,true,mobile,ads,a,yes"))
    (event,) = rows.events(table, manifest, "in", label="y")
    assert json.loads(event.data)["meta"] == {"id": "in-000000000"}
    assert json.loads(event.data)["data"]["now"]["pages"] == 3


def test_a_source_that_is_not_there(deployed: Callable[..., Artifact], tmp_path: Path) -> None:
    deployed()
    code, _, err = run("replay", write(tmp_path / "in.csv", "3,1.5,true,mobile,ads,a,yes"), "--to", "queue")
    assert (code, err) == (1, "error: --to: expected a source of the stack (event_stream, event_topic), got 'queue'\n")
