import io
import json
import time
from collections import Counter
from collections.abc import Callable, Sequence
from copy import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from rich.console import Console

from millrace.accounting import kept
from millrace.accounting.account import Found, account
from millrace.accounting.sink_reader import SinkReader
from millrace.console import show
from millrace.demo import run as demo
from millrace.demo.run import DemoOutcome, DemoRun, keep
from millrace.demo.traffic import Load
from millrace.errors import UserError
from millrace.model.publish import publish
from millrace.stack import Stack
from records.timestamps import timestamp
from stream_producers.receipts import Receipt, read_receipts
from stream_producers.report import Report
from tests.fakes import kept_run
from tests.fakes.runs import by_key, identity, prediction, receipt
from tests.fakes.stack import prediction_document, stack

Client = Callable[[str], Any]
LOAD = Load({"event_stream": 3, "event_topic": 1}, None, 0.0, 7)


@pytest.fixture
def running(aws: Client) -> Stack:
    return stack(aws)


@pytest.fixture
def output(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    file = io.StringIO()
    monkeypatch.setattr(show, "CONSOLE", Console(file=file, force_terminal=False, width=120))
    return file


@pytest.fixture
def scored(aws: Client, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """What stands for producers and scorer: three predictions, one event quarantined, and what was refused."""

    def arrange(*refused: str) -> None:
        def send(stack: Stack, load: Load, on_progress: Any) -> tuple[list[Report], list[Receipt]]:
            kinesis, s3 = aws("kinesis"), aws("s3")
            for key in ("a", "b", "c"):
                kinesis.put_record(StreamName="predictions", Data=prediction_document(identity(key)), PartitionKey=key)
            entry = {"prediction_id": identity("d"), "code": "NOT_UTF8"}
            s3.put_object(Bucket="failures", Key="quarantine/1.jsonl", Body=json.dumps(entry).encode())
            reports = [Report(sent=3), Report(sent=1, failed=len(refused), reasons=Counter(refused))]
            for way, report in zip(("event_stream", "event_topic"), reports, strict=True):
                on_progress(way, report)
            return reports, [receipt("a"), receipt("b"), receipt("c"), receipt("d", "NOT_UTF8", path="event_topic")]

        monkeypatch.setattr(demo, "send", send)

    return arrange


def test_a_run_is_watched_to_its_end(running: Stack, scored: Callable[..., None], output: io.StringIO) -> None:
    scored()

    outcome = DemoRun(running, LOAD)()

    assert outcome.account.complete
    assert (outcome.account.predictions, outcome.account.quarantined) == (3, {"NOT_UTF8": 1})
    assert (len(outcome.receipts), outcome.refused) == (4, Counter())
    assert sorted(one.prediction_id for one in outcome.predictions) == sorted(map(identity, "abc"))
    assert f"event of {identity('c')}"[:20] in output.getvalue()
    shown = [line.split() for line in output.getvalue().splitlines()]
    assert [words[-2] for words in shown if words[:1] in (["sent"], ["predicted"])] == ["3/3", "1/1", "4/4"]


@pytest.mark.usefixtures("output")
def test_what_was_refused_does_not_hide_what_came_of_the_rest(running: Stack, scored: Callable[..., None]) -> None:
    scored("too large", "too large", "throttled")

    outcome = DemoRun(running, LOAD)()

    assert outcome.account.predictions == 3
    assert outcome.refused == Counter({"too large": 2, "throttled": 1})


@pytest.mark.usefixtures("output")
def test_a_sink_that_cannot_be_read_ends_the_run(
    aws: Client, running: Stack, scored: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    scored()
    aws("kinesis").put_record(StreamName="predictions", Data=b"{}", PartitionKey="a")
    monkeypatch.setattr(demo, "SinkReader", lambda *arguments: SinkReader(*arguments, since=0.0))

    with pytest.raises(UserError, match="expected predictions"):
        DemoRun(running, replace(LOAD, events={"event_stream": 4, "event_topic": 1}))()


@pytest.fixture
def outcome() -> DemoOutcome:
    receipts: Sequence[Receipt] = [receipt("a", outcome=1), receipt("b")]
    found = Found()
    found.add([prediction("a")])
    return DemoOutcome(receipts, account(by_key(*receipts), found), Counter())


def test_a_run_is_kept(aws: Client, running: Stack, scratch: Path, tmp_path: Path, outcome: DemoOutcome) -> None:
    logs = aws("logs")
    logs.create_log_stream(logGroupName="/aws/lambda/scorer", logStreamName="1")
    now = int(time.time() * 1000)
    events = [{"timestamp": now, "message": "cold start\n"}, {"timestamp": now + 1, "message": "x"}]
    logs.put_log_events(logGroupName="/aws/lambda/scorer", logStreamName="1", logEvents=events)
    (tmp_path / "plan.json").write_text("{}")

    folder = keep(running, outcome, [tmp_path / "plan.json", tmp_path / "missing.log"])

    whole = tmp_path / folder
    assert whole.parent == scratch / "runs"
    kept_files = {"receipts.jsonl", "predictions.jsonl", "summary.json", "scorer.log", "plan.json"}
    assert {path.name for path in whole.iterdir()} == kept_files
    assert list(read_receipts(whole / "receipts.jsonl")) == outcome.receipts
    summary = json.loads((whole / "summary.json").read_text())
    assert (summary["predictions"], summary["unaccounted"], summary["latency"]["50"]) == (1, ["b"], 0.5)
    assert (whole / "scorer.log").read_text() == "cold start\nx\n"


def test_of_the_functions_log_the_run_s_own_part_is_kept(aws: Client, running: Stack, scratch: Path) -> None:
    """A stack that is up already has the batches of former runs in it."""
    logs, now = aws("logs"), int(time.time() * 1000)
    logs.create_log_stream(logGroupName="/aws/lambda/scorer", logStreamName="1")
    events = [{"timestamp": now - 60_000, "message": "former"}, {"timestamp": now, "message": "of this run"}]
    logs.put_log_events(logGroupName="/aws/lambda/scorer", logStreamName="1", logEvents=events)
    receipts = [receipt(str(ago))._replace(sent_at=timestamp(now / 1000 - ago)) for ago in (0, 1)]

    folder = keep(running, DemoOutcome(receipts, account(by_key(*receipts), Found()), Counter()), [])

    assert (scratch.parent / folder / "scorer.log").read_text() == "of this run\n"


def test_the_champions_manifest_and_the_drift_are_kept(
    running: Stack, scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "_function_log", lambda stack, since: "")
    artifact = kept_run.artifact()
    outputs = {**running.outputs, "model": {"name": artifact.manifest.name}}
    stack = replace(running, outputs=outputs)
    publish(stack.model_store(), artifact)
    predictions = [prediction(str(i), event_id=f"session-7-{i:09d}") for i in range(5)]

    folder = scratch.parent / keep(stack, DemoOutcome([], account({}, Found()), Counter(), predictions), [])

    assert (folder / kept.MANIFEST).read_bytes() == artifact.manifest.to_bytes()
    assert kept.read_drift((folder / kept.DRIFT).read_bytes(), artifact.manifest)["device"].rows == 5
    assert len(kept.read_predictions(folder / kept.PREDICTIONS)) == 5


def test_without_the_functions_log_the_rest_is_kept(
    aws: Client, running: Stack, scratch: Path, tmp_path: Path, outcome: DemoOutcome
) -> None:
    aws("logs").delete_log_group(logGroupName="/aws/lambda/scorer")
    (tmp_path / "localstack.log").write_text("x")

    with pytest.raises(ClientError):
        keep(running, outcome, [tmp_path / "localstack.log"])

    kept = {path.name for path in scratch.glob("runs/*/*")}
    assert kept == {"receipts.jsonl", "predictions.jsonl", "summary.json", "localstack.log"}
