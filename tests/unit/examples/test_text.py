"""examples/text as its README has it: trained with PyTorch, exported, imported with proof, and scored by the scorer."""

import json
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

LEAST = {"spam": 0.96, "languages": 0.88}  # accuracy
FARTHEST = 1e-6  # of a score from PyTorch's


@pytest.fixture(scope="module")
def torch() -> str:
    """Debian's Python with PyTorch."""
    done = subprocess.run([ROOT / "scripts" / "setup_torch"], capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no PyTorch to train with: {done.stderr.strip()}")
    return done.stdout.strip()


@pytest.mark.long(only=True)
@pytest.mark.usefixtures("torch")
@pytest.mark.parametrize("name", LEAST)
def test_texts_get_their_label(name: str, tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    out = SCRATCH / "examples" / "text" / name  # the package stays for the next run
    subprocess.run([sys.executable, str(ROOT / "examples" / "text" / "text.py"), name, str(out)], check=True)
    found = json.loads((out / "figures.json").read_text())
    models = found["models"]
    assert found["from_torch"]["PyTorch"] <= FARTHEST
    assert found["from_torch"]["PyTorch, float16"] <= 1e-2
    assert models["PyTorch, float16"]["mb"] < 0.6 * models["PyTorch"]["mb"]
    assert abs(models["PyTorch, float16"]["accuracy"] - models["PyTorch"]["accuracy"]) < 0.005
    assert min(of["accuracy"] for of in models.values()) >= LEAST[name]
    sample = [json.loads(line).values() for line in (out / "sample.jsonl").read_text().splitlines()]
    for model in ("net", "small"):
        labels = scored(out, model, tmp_path / model, [text for text, _ in sample])
        accuracy = sum(label == own for label, (_, own) in zip(labels, sample, strict=True)) / len(sample)
        assert accuracy >= LEAST[name] - 0.03
    for model, of in models.items():
        record_property("figures", f"{name}: {model}: accuracy {of['accuracy']:.4f}, {of['us_a_text']:.0f} µs a text")


def scored(out: Path, model: str, artifact: Path, texts: list[str]) -> list[str]:
    """The labels of texts that come as Kinesis records, by an imported model; proved only where it is not rounded."""
    expected = ["--expected", out / "expected.csv"] if model == "net" else []
    code, _, err = commands.run(
        "model", "import", out / f"{model}.onnx", "--name", "sessions", "--inputs", out / "inputs.json", "--sample",
        out / "sample.jsonl", "--label", "label", "--labels", out / "labels.txt", *expected, "--out", artifact,
    )  # fmt: skip
    assert code == 0, err
    scorer = FakeScorer(Artifact.read(artifact))
    events = [
        json.dumps({"event_id": f"e-{number}", "features": {"text": text}}).encode()
        for number, text in enumerate(texts)
    ]
    answer, _ = scorer.run(kinesis(*events))
    assert answer == {"batchItemFailures": []}
    return [prediction["label"] for prediction in scorer.predictions]
