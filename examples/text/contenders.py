"""What learns from texts here: a network of PyTorch, the trainer's learner, and tf-idf with logistic regression."""

import resource
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from inputs.text import TextPreparation
from millrace.paths import ROOT
from model_store.artifact import Artifact
from model_store.feature import OMIT, Feature
from model_store.framework import ModelFramework
from model_store.manifest import Manifest, ModelFile
from model_store.output import Output
from model_store.verify import verify
from predictors.onnx import MODEL_FILE, Onnx, sound_graph
from predictors.predictor import Predictor
from trainer import learners, tables, training_run
from trainer.request import TrainingRequest

HELD_OUT, SEED = 0.2, 1


class DividedTexts(NamedTuple):
    """Texts, their labels, and the places of those to train on and of those that are held out."""

    texts: list[str]
    labels: np.ndarray
    known: list[int]
    held_out: list[int]

    @property
    def classes(self) -> list[str]:
        return sorted(set(self.labels.tolist()))

    def some(self, places: list[int]) -> list[str]:
        return [self.texts[place] for place in places]

    def codes(self, places: list[int]) -> np.ndarray:
        return np.searchsorted(self.classes, self.labels[places])


class Contender(NamedTuple):
    """scores : held-out texts × classes. training, a_text : CPU seconds. size : bytes."""

    scores: np.ndarray
    training: float
    a_text: float
    size: int


def divided(rows: Sequence[tuple[str, str]]) -> DividedTexts:
    """The same division as the trainer's."""
    known, held_out = (places.tolist() for places in training_run.divided(len(rows), HELD_OUT, SEED))
    return DividedTexts([text for text, _ in rows], np.array([label for _, label in rows]), known, held_out)


def torch_network(data: DividedTexts, how: TextPreparation, folder: Path) -> float:
    """Train in Debian's Python: FOLDER gets net.onnx, and PyTorch's scores.npy. Returns CPU seconds."""
    script = ROOT / "scripts" / "setup_torch"
    setup = subprocess.run([script], capture_output=True, text=True, check=False)  # noqa: S603 - our own
    if setup.returncode:
        raise SystemExit(f"no PyTorch: {setup.stderr.strip()}")
    rows = {name: _prepared(data, how, places) for name, places in (("known", data.known), ("held_out", data.held_out))}
    np.savez(folder / "rows.npz", **rows, labels=data.codes(data.known), buckets=how.buckets)
    before = _of_children()
    subprocess.run([setup.stdout.strip(), Path(__file__).with_name("network.py"), folder], check=True)  # noqa: S603 - our own
    return _of_children() - before


def served(model: bytes, data: DividedTexts, how: TextPreparation, training: float) -> Contender:
    """A file of ONNX, as the scorer scores it."""
    width = len(data.classes) if len(data.classes) > 2 else 1
    manifest = Manifest(
        name="text",
        version="1",
        created_at="2026-11-28T12:00:00.000Z",
        framework=ModelFramework(Onnx.name, "opset 16"),
        task="binary" if width == 1 else "multiclass",
        objective=None,
        features=(Feature("text", "text", allow_missing=False, capture=OMIT),),
        output=Output(tuple(data.classes), 0.5 if width == 1 else None, width),
        file=ModelFile.of(model, MODEL_FILE),
        golden_rows=(),
        preparation=how,
    )
    return _scored(sound_graph.read(Artifact(manifest, model)).load(1), data, how, training, len(model))


def trainers_learner(data: DividedTexts, options: dict[str, Any]) -> Contender:
    """The learner `text` of the stack's trainer."""
    members = {"table": "s3://here/texts.csv", "options": options, "held_out": HELD_OUT, "seed": SEED}
    table = tables.TrainingTable(("text",), data.texts, data.labels)
    request, family = TrainingRequest.read(members, 0.0), learners.of("onnx")
    done, training = timed(lambda: training_run.run(table, request, "text", family))
    how = done.artifact.manifest.preparation
    return _scored(verify(done.artifact), data, how, training, len(done.artifact.model))


def tf_idf(data: DividedTexts, options: dict[str, Any]) -> Contender:
    vectors, model = TfidfVectorizer(sublinear_tf=True, **options), LogisticRegression(C=30, max_iter=300)
    known, held_out = data.some(data.known), data.some(data.held_out)
    _, training = timed(lambda: model.fit(vectors.fit_transform(known), data.codes(data.known)))
    scores, scoring = timed(lambda: model.predict_proba(vectors.transform(held_out)))
    size = sum(len(gram.encode()) for gram in vectors.vocabulary_) + 4 * (model.coef_.size + len(vectors.vocabulary_))
    return Contender(scores, training, scoring / len(held_out), size)


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """What it returns, and CPU seconds."""
    began = time.process_time()
    found = call()
    return found, time.process_time() - began


def _prepared(data: DividedTexts, how: TextPreparation, places: list[int]) -> np.ndarray:
    return np.frombuffer(b"".join(map(how.prepare, data.some(places))), np.int64).reshape(len(places), how.length)


def _scored(predictor: Predictor, data: DividedTexts, how: Any, training: float, size: int) -> Contender:
    texts = data.some(data.held_out)
    rows, preparing = timed(lambda: b"".join(map(how.prepare, texts)))
    predictor.predict(rows, len(texts))  # the first run reserves memory
    found, scoring = timed(lambda: predictor.predict(rows, len(texts)))
    scores = np.frombuffer(found.tobytes(), np.float32).reshape(len(data.held_out), -1)
    of_all = np.hstack([1 - scores, scores]) if scores.shape[1] == 1 else scores
    return Contender(of_all, training, (preparing + scoring) / len(scores), size)


def _of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
