"""The operators' commands on a run that was scored in memory; Step Functions is a fake."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from millrace.batch.place import BatchPlace
from millrace.batch.runs import RunProgress, Runs, RunStatus
from millrace.batch.upload import Conversion, upload_of
from millrace.cli import app
from millrace.errors import UserError
from millrace.stack import Stack
from stream_producers.csv_table import CsvFormat
from tests.fakes.batches import BUCKET, INPUT, FakeBatch
from tests.fakes.envelopes import event


@pytest.fixture
def runs(batch: FakeBatch) -> Runs:
    return Runs(BatchPlace.of(Stack.load("dev")))


def rows(count: int) -> list[str]:
    return [json.dumps(event(number)) for number in range(count)]


def invoke(*arguments: str) -> Any:
    return CliRunner().invoke(app, ["batch", *arguments, "--stack", "dev"])


def test_a_run_is_estimated_started_followed_and_listed(batch: FakeBatch) -> None:
    batch.put("in/a.jsonl", [*rows(20), "{"])
    done = invoke("run", f"s3://{INPUT}/in/", "--name", "first", "--wait")
    assert done.exit_code == 0, done.output
    assert "about 21 rows" in done.output
    assert "quarantined  1" in done.output
    listed = json.loads(invoke("list", "--json").output)
    assert [(one["run"], one["status"], one["counts"]["predictions"]) for one in listed] == [("first", "SUCCEEDED", 20)]
    assert json.loads(invoke("status", "first", "--json").output)["source"] == f"s3://{INPUT}/in/"


def test_nothing_is_started_above_the_highest_cost(batch: FakeBatch) -> None:
    batch.put("in/a.jsonl", rows(20))
    done = invoke("run", f"s3://{INPUT}/in/", "--max-cost", "0")
    assert done.exit_code == 1
    assert "raise --max-cost" in done.output
    assert not batch.states.executions


def test_a_dry_run_only_estimates(batch: FakeBatch) -> None:
    batch.put("in/a.jsonl", rows(20))
    assert invoke("run", f"s3://{INPUT}/in/", "--dry-run").exit_code == 0
    assert not batch.states.executions


def test_a_run_that_is_refused_ends_with_its_reason(batch: FakeBatch, runs: Runs) -> None:
    batch.put("in/a.csv", ["pages,spend", "1,2"])
    done = invoke("run", f"s3://{INPUT}/in/a.csv", "--name", "r", "--wait")
    assert done.exit_code == 1
    assert "expected a header with the features" in done.output


def test_failed_items_are_shown_and_redriven(batch: FakeBatch) -> None:
    batch.put("in/a.jsonl", rows(20))
    batch.states.failing = [0]
    done = invoke("run", f"s3://{INPUT}/in/", "--name", "r", "--wait")
    assert "failed: part 0 (in/a.jsonl): Crash: no memory" in done.output
    assert "millrace redrive --execute --batch r" in done.output
    batch.states.failing = []
    again = CliRunner().invoke(app, ["redrive", "--batch", "r", "--execute", "--stack", "dev", "--json"])
    assert again.exit_code == 0, again.output
    assert json.loads(again.output)["counts"]["predictions"] == 20


def test_a_redrive_of_a_run_is_only_made_when_asked_for(batch: FakeBatch) -> None:
    done = CliRunner().invoke(app, ["redrive", "--batch", "r", "--stack", "dev"])
    assert done.exit_code != 0
    assert not batch.states.executions


def test_a_name_is_taken_once(batch: FakeBatch, runs: Runs) -> None:
    batch.put("in/a.jsonl", rows(2))
    assert invoke("run", f"s3://{INPUT}/in/", "--name", "r").exit_code == 0
    again = invoke("run", f"s3://{INPUT}/in/", "--name", "r")
    assert (again.exit_code, "choose another" in again.output) == (1, True)


def test_a_run_that_does_not_exist_is_refused(runs: Runs) -> None:
    with pytest.raises(UserError, match="millrace batch list"):
        runs.status("nothing")


def test_a_stack_without_batches_is_told_how_to_get_them() -> None:
    with pytest.raises(UserError, match="millrace up --with batch"):
        BatchPlace.of(Stack("local", {}, {"batch": None}))


def test_waiting_reports_the_items_that_are_done(batch: FakeBatch, runs: Runs) -> None:
    batch.put("in/a.jsonl", rows(2))
    seen: list[RunProgress] = []
    from millrace.batch.place import Address

    end = runs.wait(runs.start("r", Address(INPUT, "in/"), None, "lines"), seen.append, sleep=lambda seconds: None)
    assert seen == [end] == [RunProgress("SUCCEEDED", 4, 4)]


def test_a_run_whose_execution_was_forgotten_is_known_by_its_manifest(batch: FakeBatch, runs: Runs) -> None:
    batch.put("in/a.jsonl", rows(2))
    batch.run({"run": "old", "bucket": INPUT, "prefix": "in/"})
    (found,) = runs.all()
    assert isinstance(found, RunStatus)
    assert (found.run, found.status, found.complete) == ("old", "SUCCEEDED", True)


@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet"])
def test_a_local_file_is_uploaded_as_events(batch: FakeBatch, runs: Runs, tmp_path: Path, name: str) -> None:
    import polars as pl

    table = pl.DataFrame(
        {
            "pages": [3, 4],
            "spend": [12.5, None],
            "returning": [True, False],
            "device": ["mobile"] * 2,
            "referrer": ["ads"] * 2,
        }
    )
    file = tmp_path / name
    table.write_csv(file) if name.endswith("csv") else table.write_parquet(file)
    for refused in (("--dry-run",), ("--max-cost", "0")):
        first = invoke("run", str(file), "--upload", "--name", "r", *refused)
        assert "1 objects, 0.0 MB, about 2 rows" in " ".join(first.output.split())
    assert first.exit_code == 1
    assert "Contents" not in batch.s3.list_objects_v2(Bucket=BUCKET), "estimated before anything is uploaded"

    done = invoke("run", str(file), "--upload", "--name", "r", "--wait")
    assert done.exit_code == 0, done.output
    assert [line["event_id"] for line in batch.lines("r", "predictions/")] == ["rows-000000000", "rows-000000001"]


def test_a_name_that_a_redrive_would_have_is_refused(batch: FakeBatch, runs: Runs) -> None:
    """Its executions would be those of the run `daily`."""
    batch.put("in/a.jsonl", [json.dumps(event(0))])
    done = invoke("run", f"s3://{INPUT}/in/", "--name", "daily-again-1")
    assert (done.exit_code, "--name: expected a name without '-again-'" in " ".join(done.output.split())) == (1, True)


def test_objects_in_parquet_are_converted_in_their_order(batch: FakeBatch, runs: Runs) -> None:
    import polars as pl

    for number, name in enumerate(("a/part.parquet", "b/part.parquet")):
        columns = {"pages": [number], "spend": [1.5], "returning": [True], "device": ["mobile"], "referrer": ["ads"]}
        body = io.BytesIO()
        pl.DataFrame(columns).write_parquet(body)
        batch.s3.put_object(Bucket=INPUT, Key=f"parquet/{name}", Body=body.getvalue())
    refused = invoke("run", f"s3://{INPUT}/parquet/", "--name", "r", "--wait")
    assert (refused.exit_code, "--upload` converts Parquet" in " ".join(refused.output.split())) == (1, True)

    planned = invoke("run", f"s3://{INPUT}/parquet/", "--upload", "--name", "r2", "--dry-run")
    assert "2 objects, 0.0 MB, about 2 rows" in " ".join(planned.output.split())
    assert "Contents" not in batch.s3.list_objects_v2(Bucket=BUCKET, Prefix="uploads/")
    done = invoke("run", f"s3://{INPUT}/parquet/", "--upload", "--name", "r2", "--wait")
    assert done.exit_code == 0, done.output
    found = [line["event_id"] for line in batch.lines("r2", "predictions/")]
    assert found == ["000000-part-000000000", "000001-part-000000000"]
    assert invoke("run", f"s3://{INPUT}/nothing/", "--upload").exit_code == 1


def test_a_file_that_is_not_there_is_refused(runs: Runs, artifact: Any) -> None:
    with pytest.raises(UserError, match="found none"):
        upload_of(runs.place, "nothing.csv", "r", Conversion(artifact.manifest, CsvFormat(), lambda line: None))
