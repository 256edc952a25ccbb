"""A report on a stack that works: what is in its sink, failure store and log."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from millrace.model.publish import publish
from millrace.report import live
from millrace.report.cost import Prices
from millrace.report.page import page
from millrace.report.run import KeptRun
from millrace.stack import Stack
from model_store.artifact import Artifact
from records.timestamps import timestamp
from tests.fakes import envelopes, kept_run
from tests.fakes.commands import run
from tests.fakes.runs import identity
from tests.fakes.stack import prediction_document, stack

Client = Callable[[str], Any]


@pytest.fixture
def running(aws: Client, scratch: Path, artifact: Artifact) -> Stack:
    there = stack(aws, shards=1)
    publish(there.model_store(), artifact)
    kinesis, s3, logs = aws("kinesis"), aws("s3"), aws("logs")
    for key in ("a", "b", "b"):
        kinesis.put_record(StreamName="predictions", Data=prediction_document(identity(key)), PartitionKey=key)
    members = {"prediction_id": identity("c"), "code": "INVALID_JSON", "path": "", "detail": "x", "data": ""}
    members |= {"source": {"type": "sns"}, "quarantined_at": timestamp(time.time())}
    s3.put_object(Bucket="failures", Key="quarantine/1.jsonl", Body=json.dumps(members).encode())
    logs.create_log_stream(logGroupName="/aws/lambda/scorer", logStreamName="1")
    events = [{"timestamp": int(time.time() * 1000), "message": line} for line in kept_run.LOG.splitlines()]
    logs.put_log_events(logGroupName="/aws/lambda/scorer", logStreamName="1", logEvents=events)
    return there


def test_it_reports_what_was_found(running: Stack, tmp_path: Path) -> None:
    found = KeptRun.read(live.keep(running, time.time() - 600, tmp_path))

    assert found.counts.sources == {"event_stream": 2, "event_topic": 1}
    assert (found.counts.predictions, found.counts.quarantined) == (2, 1)
    assert found.summary["duplicates"] == 1
    assert len(found.log.batches) == 2
    text = page(found, Prices.read(None))
    assert f"since {found.live_since}. Without receipts, what was sent is not known." in text
    assert "Every event ended in exactly one place" not in text


def test_what_is_predicted_and_in_the_failure_store_is_counted_as_that(
    running: Stack, aws: Client, tmp_path: Path
) -> None:
    kinesis = envelopes.kinesis(envelopes.event(1), envelopes.event(2))
    published, held = (record.prediction_id for record in envelopes.read(kinesis).records)
    aws("kinesis").put_record(StreamName="predictions", Data=prediction_document(published), PartitionKey="a")
    aws("s3").put_object(Bucket="failures", Key="aws/lambda/1.json", Body=json.dumps({"payload": kinesis}).encode())

    found = KeptRun.read(live.keep(running, time.time() - 600, tmp_path))

    assert (found.counts.predictions, found.counts.on_failure, found.counts.also_held) == (3, 1, 1)
    assert held != published
    text = page(found, Prices.read(None))
    assert "1 of the first two are held there as well until a redrive" in text
    assert "predicted or quarantined, and also held until a redrive" in text


def test_the_command(running: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("millrace.cli.report.SCRATCH", tmp_path)
    Stack("mine", {}, running.outputs).save()

    code, out, err = run("report", "--stack", "mine", "--out", tmp_path / "page.html")

    assert (code, err) == (0, "")
    assert "report: " in out
    assert "<html" in (tmp_path / "page.html").read_text()
