"""`millrace replay`: rows and recorded events through a stack, with their truths."""

import json
from collections.abc import Callable
from copy import replace
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from millrace.errors import UserError
from millrace.model import catalogue
from millrace.model.publish import publish
from millrace.stack import Stack
from model_store.artifact import Artifact
from model_store.event_format import EventFormat
from model_store.feature import members_of
from model_store.output import Output
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


def test_a_model_with_several_outputs_has_no_single_truth(deployed: Callable[..., Artifact], tmp_path: Path) -> None:
    from millrace.replay.truth import truths

    manifest = replace(artifacts.artifact("regression").manifest, output=Output(width=2, names=("low", "high")))
    with pytest.raises(UserError, match="label 'y': expected none, as sessions 1 has 2 outputs"):
        truths(pl.Series("y", [1.0]), manifest)


def test_a_text_among_numbers_is_refused_before_anything_is_sent(
    aws: Client, deployed: Callable[..., Artifact], tmp_path: Path
) -> None:
    deployed()
    file = write(tmp_path / "in.csv", "NA,1.5,true,mobile,ads,a,yes", "3,1.5,true,mobile,ads,b,yes")
    code, _, err = run("replay", file)
    assert code == 1
    assert "column 'pages': expected numbers, which the model reads there, got 'NA': --null" in err
    assert in_stream(aws, "events") == []


def test_rows_that_will_be_quarantined_are_noted(deployed: Callable[..., Artifact], tmp_path: Path) -> None:
    deployed()
    file = write(tmp_path / "in.csv", ",1.5,true,mobile,ads,a,yes", "3,1.5,true,watch,ads,b,yes")
    code, out, _ = run("replay", file, "--null", "NA")
    assert code == 0
    assert "note: column 'pages': 1 without a value, which the model requires\n" in out
    assert "note: column 'device': 1 with a category that the model does not know, such as 'watch'; " in out


@pytest.fixture
def reading(aws: Client, scratch: Path) -> Callable[..., Artifact]:
    """Deploys a stack whose model reads another form of event."""

    def deploy(event: EventFormat, parent: str = "/features") -> Artifact:
        there = Stack("local", {}, stack(aws, shards=1).outputs)
        there.save()
        artifact = artifacts.artifact(event=event, features=members_of(parent, artifacts.FEATURES))
        publish(there.model_store(), artifact)
        return artifact

    return deploy


def test_rows_are_put_into_the_form_that_the_model_reads(
    aws: Client, reading: Callable[..., Artifact], tmp_path: Path
) -> None:
    event = EventFormat("/data/id", "integer", unwrap="dms", events_per_record="many", max_inflated=10_000)
    artifact = reading(event, "")
    file = write(tmp_path / "in.csv", *(f"{n},1.5,1,mobile,ads,{n},yes" for n in range(5)))

    code, out, err = run(
        "replay", file, "--id", "id", "--label", "y", "--per-record", 2, "--receipts", tmp_path / "receipts.jsonl"
    )

    assert (code, err) == (0, "")
    assert "event_stream: sent 3 records with 5 events, resent 0, failed 0\n" in out
    scorer = FakeScorer(artifact)
    scorer.run(envelopes.kinesis(*in_stream(aws, "events")))
    assert [one["event_id"] for one in scorer.predictions] == [0, 1, 2, 3, 4]
    receipts = list(read_receipts(tmp_path / "receipts.jsonl"))
    assert [(one.event_id, one.event_index, one.outcome) for one in receipts] == [
        ("0", 0, 1), ("1", 1, 1), ("2", 0, 1), ("3", 1, 1), ("4", 0, 1),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("event", "options", "message"),
    [
        (
            EventFormat("/id"),
            ["--per-record", 2],
            "--per-record 2: expected 1, as a record of sessions 1 holds one event",
        ),
        (EventFormat("/id"), ["--bad-fraction", 0.5], "--bad-fraction: expected a model that reads JSON with event_id"),
        (EventFormat(max_inflated=99), ["--to", "event_topic"], "expected a source that carries bytes"),
    ],
)
def test_what_the_form_does_not_allow_is_refused(
    reading: Callable[..., Artifact], tmp_path: Path, event: EventFormat, options: list[Any], message: str
) -> None:
    reading(event)
    code, _, err = run("replay", write(tmp_path / "in.csv", "3,1.5,true,mobile,ads,a,yes"), *options)
    assert code == 1
    assert message in err


def test_it_waits_until_every_container_has_the_release(
    aws: Client, deployed: Callable[..., Artifact], monkeypatch: pytest.MonkeyPatch
) -> None:
    from millrace.replay import send

    waited, notes = list[float](), list[str]()
    monkeypatch.setattr(send, "sleep", waited.append)
    deployed()
    there = Stack.load("local")
    there.outputs["scorer"]["release_poll_seconds"] = 30.0
    first = catalogue.released(there.model_store())
    send.wait_for_release(there, first, notes.append)
    assert (waited, notes) == ([], [])

    publish(there.model_store(), artifacts.artifact(version="2"))
    send.wait_for_release(there, catalogue.released(there.model_store()), notes.append)
    assert [25 < seconds <= 30 for seconds in waited] == [True]
    assert notes == [f"waiting {waited[0]:.0f} s: until then containers may serve 1"]

    there.outputs["scorer"]["release_poll_seconds"] = 0.0
    send.wait_for_release(there, catalogue.released(there.model_store()), notes.append)
    assert len(waited) == 1


def test_receipts_that_cannot_be_written_are_known_before_anything_is_sent(
    aws: Client, deployed: Callable[..., Artifact], tmp_path: Path
) -> None:
    deployed()
    file = write(tmp_path / "in.csv", "3,1.5,true,mobile,ads,a,yes")
    code, _, err = run("replay", file, "--receipts", tmp_path)
    assert (code, err) == (1, f"error: {tmp_path} cannot be written: Is a directory\n")
    assert in_stream(aws, "events") == []
