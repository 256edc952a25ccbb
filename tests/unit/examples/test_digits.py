"""examples/digits as its README has it: trained, exported, imported, and scored by the scorer. Needs npm."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from millrace.paths import ROOT, SCRATCH
from model_store.artifact import Artifact
from tests.fakes import commands
from tests.fakes.envelopes import kinesis
from tests.fakes.scorer import FakeScorer

LEAST_ACCURACY = 0.96
ROWS_A_BATCH = 250


@pytest.mark.long(only=True)
def test_digits_are_recognised(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    out = SCRATCH / "examples" / "digits"  # the package stays for the next run
    subprocess.run([sys.executable, str(ROOT / "examples" / "digits" / "digits.py"), str(out)], check=True)
    code, _, err = commands.run(
        "model", "import", out / "net.onnx", "--name", "sessions", "--sample", out / "sample.csv", "--label", "digit",
        "--expected", out / "expected.csv", "--format", "vector", "--out", tmp_path / "artifact",
    )  # fmt: skip
    assert code == 0, err

    test = pl.read_csv(out / "test.csv")
    pixels = test.drop("digit").rows()
    scorer = FakeScorer(Artifact.read(tmp_path / "artifact"))
    for start in range(0, len(pixels), ROWS_A_BATCH):
        events = [json.dumps(row).encode() for row in pixels[start : start + ROWS_A_BATCH]]
        answer, _ = scorer.run(kinesis(*events))
        assert answer == {"batchItemFailures": []}
    labels = np.array([int(prediction["label"]) for prediction in scorer.predictions])
    accuracy = float((labels == test["digit"].to_numpy()).mean())
    record_property(
        "figures", f"digits: {len(labels):,} held out, scored from Kinesis records: accuracy {accuracy:.4f}"
    )
    assert accuracy >= LEAST_ACCURACY
