"""`millrace explain PREDICTION_ID`, `model train --from-stack` and `forget`, on a stack in memory."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from capture.columns import CapturedRows, key
from millrace import stack as stacks
from millrace.stack import Stack
from model_store.artifact import Artifact
from model_store.attribution_setting import AttributionSetting
from model_store.release import Release
from model_store.store import ModelStore
from scoring.variant import Variant
from tests.fakes import artifacts, envelopes
from tests.fakes.commands import plain, run
from tests.fakes.scorer import FakeScorer
from tests.unit.millrace.erasure.test_forget import OUTPUTS

ID = f"{7:064x}"
OUTCOMES = 40


@pytest.fixture
def stack(s3: Any, artifact: Artifact, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """S3 with a released model, and captured rows that are all of the key `key-1`; the first one is of the id ID."""
    monkeypatch.setattr(stacks, "SCRATCH", tmp_path)
    monkeypatch.setattr("millrace.erasure.run.SCRATCH", tmp_path)
    for bucket in ("failures", "kept", "evaluated"):
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    store = ModelStore(s3, "models", "sessions")
    store.put_release(Release(store.publish(artifact), "2026-01-02T03:04:05.000Z"), replacing=None)
    now = datetime.now(UTC).timestamp() - 60
    rows, matrix = CapturedRows(Variant("champion", artifact.manifest, None), now), artifacts.matrix(OUTCOMES)  # type: ignore[arg-type]
    matrix[0] = [6, 12.5, 1, 1, 0]  # envelopes.event(3)
    ids = [ID, *(f"{i:064x}" for i in range(1_000, 1_000 + OUTCOMES - 1))]
    texts = [(one, f'"e-{i}"', '{"arrived_at":"2026-11-21T12:00:00.000Z"}', "key-1") for i, one in enumerate(ids)]
    rows.add("champion", now, texts, matrix.tobytes(), np.float32([0.5] * OUTCOMES).tobytes())
    s3.put_object(Bucket="kept", Key=key("sessions", now, "1", "c-0"), Body=rows.file())
    Stack("mem", {}, OUTPUTS).save()
    return s3


def test_a_captured_prediction_is_explained_as_the_scorer_explains_its_event(stack: Any, artifact: Artifact) -> None:
    scorer = FakeScorer()
    scorer.store.release_as(champion=artifact, attributions=AttributionSetting(share=1.0, top=10))
    scorer.run(envelopes.kinesis(envelopes.event(3)))
    code, out, _ = run("explain", ID, "--stack", "mem", "--json")
    assert code == 0
    (found,) = json.loads(out)
    assert found["attributions"] == scorer.predictions[0]["attributions"]
    assert found["event_id"] == "e-0"


def test_a_prediction_that_was_not_captured_ends_in_one_line(stack: Any) -> None:
    code, _, err = run("explain", f"{8:064x}", "--stack", "mem")
    assert (code, len(err.splitlines())) == (1, 1)
    assert "no captured row of the last 30 days has this prediction id" in err


def test_forget_prints_what_it_did_and_writes_a_proof(stack: Any, tmp_path: Path) -> None:
    code, out, _ = run("forget", "--stack", "mem", "--key", "key-1", "--proof", tmp_path / "proof.json")
    assert code == 0
    assert "captured rows" in plain(out)
    assert "out of reach:" in plain(out)
    proof = json.loads((tmp_path / "proof.json").read_text())
    assert (proof["complete"], proof["searched"][0]["events"]) == (True, OUTCOMES)
    assert "Contents" not in stack.list_objects_v2(Bucket="kept")


def test_forget_refuses_an_empty_key(stack: Any) -> None:
    code, _, err = run("forget", "--stack", "mem", "--key", "")
    assert (code, err.strip()) == (1, "error: --key: expected a partition key, got an empty text")


def test_training_from_a_stack_needs_outcomes_and_no_table(stack: Any, tmp_path: Path) -> None:
    code, _, err = run("model", "train", "--from-stack", "mem", "--days", 1)
    assert code == 1
    assert "has no outcomes from" in err
    (tmp_path / "t.csv").write_text("a,purchased\n1,0\n")
    code, _, err = run("model", "train", "--from-stack", "mem", "--table", tmp_path / "t.csv")
    assert (code, "expected --table or --from-stack, got both" in err) == (1, True)


@pytest.mark.parametrize("days", ["nan", "inf", "1e12", "-1"])
def test_days_that_no_calendar_has_end_in_one_line(stack: Any, days: str, tmp_path: Path) -> None:
    for command in (
        ("explain", ID, "--stack", "mem", "--days", days),
        ("model", "train", "--from-stack", "mem", "--out", tmp_path / "new", "--days", days),
        ("model", "train", "--from-stack", "mem", "--out", tmp_path / "new", "--settled-hours", days),
    ):
        code, _, err = run(*command)
        assert code in (1, 2), command
        assert "Traceback" not in err
        assert "days" in plain(err) or "settled-hours" in plain(err)


def test_a_damaged_file_of_captured_rows_ends_in_one_line(stack: Any) -> None:
    at = datetime.now(UTC)
    stack.put_object(Bucket="kept", Key=f"capture/sessions/{at:%Y/%m/%d/%H}/1/x-0.parquet", Body=b"PAR1")
    code, _, err = run("explain", f"{8:064x}", "--stack", "mem")
    assert (code, len(err.splitlines())) == (1, 1)
    assert "x-0.parquet: expected a Parquet file as the stack writes it, got damaged bytes" in err


def test_the_journal_of_an_erasure_that_is_no_journal_does_no_harm(stack: Any, tmp_path: Path) -> None:
    """A file of another program, or of an earlier version, in its place."""
    from millrace.erasure.subject import Subject

    journal = tmp_path / "forget" / f"mem-{Subject('key-1').digest[:16]}.jsonl"
    journal.parent.mkdir()
    journal.write_bytes(b'[1]\n{"place": 7, "removed": 3}\n\xff')
    code, _, err = run("forget", "--stack", "mem", "--key", "key-1", "--proof", tmp_path / "proof.json")
    assert (code, "Traceback" in err) == (0, False)
    assert json.loads((tmp_path / "proof.json").read_bytes())["searched"][0]["events"] == OUTCOMES
