"""examples/images as its README has it: converted, imported with proof, and scored by the scorer. Needs PyPI."""

import csv
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from millrace.paths import ROOT, SCRATCH
from model_store.artifact import Artifact
from tests.fakes import commands
from tests.fakes.envelopes import kinesis
from tests.fakes.scorer import FakeScorer

# What each photograph shows, in ImageNet's words.
LABELS = {
    "chelsea.png": "a cat having a striped coat", "coffee.png": "espresso", "rocket.jpg": "missile (657)",
    "camera.png": "tripod", "motorcycle_left.png": "moped", "china.jpg": "palace", "flower.jpg": "daisy",
}  # fmt: skip


@pytest.mark.long(only=True)
@pytest.mark.parametrize("model", ["recognise", "cat-or-dog"])
def test_photographs_are_recognised_as_in_python(
    model: str, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    out = SCRATCH / "examples" / "images"  # the packages stay for the next run
    subprocess.run([sys.executable, str(ROOT / "examples" / "images" / "images.py"), str(out)], check=True)
    code, _, err = commands.run(
        "model", "import", out / f"{model}.onnx", "--name", "sessions", "--inputs", out / "inputs.json",
        "--sample", out / "sample.jsonl", "--labels", out / f"{model}.labels", "--expected", out / f"{model}.csv",
        "--format", "bytes", "--out", tmp_path / "artifact",
    )  # fmt: skip
    assert code == 0, err

    scorer = FakeScorer(Artifact.read(tmp_path / "artifact"))
    files = {name: (out / "photographs" / name).read_bytes() for name in LABELS}
    scorer.run(kinesis(*files.values()))
    labels = dict(zip(files, (prediction["label"] for prediction in scorer.predictions), strict=True))
    with (out / f"{model}.csv").open(newline="") as file:
        _, *rows = csv.reader(file)
    if model == "recognise":
        assert labels == LABELS
        found = [list(prediction["scores"]) for prediction in scorer.predictions]
    else:
        assert {name for name, label in labels.items() if label == "cat"} == {"chelsea.png"}
        found = [[prediction["score"]] for prediction in scorer.predictions]
    farthest = 0.0
    for ours, theirs in zip(found, rows, strict=True):
        assert ours == pytest.approx(list(map(float, theirs)), rel=1e-4, abs=1e-5)
        farthest = max(farthest, *(abs(one - float(other)) for one, other in zip(ours, theirs, strict=True)))
    record_property("figures", f"{model}: {len(files)} photographs, farthest from Python {farthest:.1e}")
