"""One training, from the rows of a table to an artifact that the scorer would accept."""

from __future__ import annotations

import hashlib
from copy import replace
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from model_store.artifact import Artifact
from model_store.event_format import VECTOR, EventFormat
from model_store.feature import OMIT, Feature
from model_store.framework import ModelFramework
from model_store.golden_row import GoldenRow, Tolerance
from model_store.manifest import Manifest, ModelFile
from model_store.output import Output
from predictors.onnx import MODEL_FILE, Onnx, sound_graph
from trainer import learners, metrics_of
from trainer.errors import TrainingRefused
from trainer.options import LearnerOptions
from training.baseline import baseline
from training.golden import GOLDEN_ROWS, golden_rows

if TYPE_CHECKING:
    from typing import Any

    from predictors.predictor import Predictor
    from trainer.request import TrainingRequest
    from trainer.tables import TrainingTable

LEAST_ROWS, MOST_CLASSES = 20, 1_000
TOLERANCE = Tolerance(relative=1e-4, absolute=1e-5)  # of ONNX's scores between kinds of processors
THRESHOLD = 0.5


@dataclass(frozen=True, slots=True)
class FinishedTraining:
    artifact: Artifact
    learner: str
    trained: int
    held_out: int


def run(table: TrainingTable, request: TrainingRequest, name: str) -> FinishedTraining:
    """Train, score the held-out rows as the scorer does, and describe the model. Raises TrainingRefused."""
    numbers = table.labels.dtype == np.float64
    learner = learners.chosen(request.learner, texts=table.texts, numbers=numbers)
    classes, targets = ((), table.labels) if numbers else _classes(table.labels)
    known, held_out = divided(table.rows, request.held_out, request.seed)
    if classes and len(np.unique(targets[known])) != len(classes):
        raise TrainingRefused(
            "table: expected every class among the rows that are trained on: add rows of the rare ones"
        )
    fit = learners.LEARNERS[learner]
    trained = fit(_rows(table, known), targets[known], LearnerOptions(request.options), request.seed)
    draft = _draft(table, request, name, classes, trained)
    rows = _inputs(draft.manifest, _rows(table, held_out))
    scores = _scored(draft, rows, len(held_out))
    measured = metrics_of.of_numbers if numbers else metrics_of.of_classes
    manifest = replace(
        draft.manifest,
        metrics=measured(scores, targets[held_out]),
        golden_rows=_golden(draft.manifest, _rows(table, held_out[:GOLDEN_ROWS]), scores[:GOLDEN_ROWS]),
        baseline=_baseline(draft.manifest, table, known, scores),
    )
    return FinishedTraining(Artifact(manifest, draft.model), learner, len(known), len(held_out))


def _classes(labels: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
    """The classes in order, those of whole numbers in theirs; and each row's, from 0."""
    found = sorted(set(labels.tolist()), key=lambda text: (len(text.lstrip("-")), text) if _whole(text) else (0, text))
    if not 2 <= len(found) <= MOST_CLASSES:
        raise TrainingRefused(f"table: expected 2 to {MOST_CLASSES} classes in the label, got {len(found)}")
    code_of = {label: code for code, label in enumerate(found)}
    return tuple(found), np.array([code_of[label] for label in labels.tolist()])


def _whole(text: str) -> bool:
    return text.lstrip("-").isdecimal()


def divided(rows: int, share: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """The rows that are trained on, and those that are held out: the same for the same seed."""
    if rows < LEAST_ROWS:
        raise TrainingRefused(f"table: expected at least {LEAST_ROWS} rows, got {rows}")
    order = np.random.default_rng(seed).permutation(rows)
    cut = max(2, round(rows * share))
    return order[cut:], order[:cut]


def _rows(table: TrainingTable, places: np.ndarray) -> Any:
    return [table.values[place] for place in places] if table.texts else table.values[places]


def _draft(
    table: TrainingTable, request: TrainingRequest, name: str, classes: tuple[str, ...], trained: learners.TrainedGraph
) -> Artifact:
    """The artifact without golden rows, metrics and baseline."""
    prepared, event, width = trained.preparation, EventFormat(), len(classes) if len(classes) > 2 else 1
    if prepared is not None:
        features: tuple[Feature, ...] = (Feature(table.columns[0], prepared.name, allow_missing=False, capture=OMIT),)
    else:
        features = tuple(Feature(column, "float", allow_missing=False) for column in table.columns)
        if request.arrays:
            event = EventFormat(None, format=VECTOR)
    manifest = Manifest(
        name=name,
        version=request.version,
        created_at=request.created_at,
        framework=ModelFramework(Onnx.name, f"opset {learners.OPSET}"),
        task="regression" if not classes else "binary" if width == 1 else "multiclass",
        objective=None,
        features=features,
        output=Output(classes, THRESHOLD if classes and width == 1 else None, width),
        file=ModelFile.of(trained.model, MODEL_FILE),
        golden_rows=(),
        event=event,
        tolerance=TOLERANCE,
        preparation=prepared,
    )
    return Artifact(manifest, trained.model)


def _inputs(manifest: Manifest, rows: Any) -> bytes:
    if manifest.preparation is None:
        return np.ascontiguousarray(rows, np.float32).tobytes()
    return b"".join([manifest.preparation.prepare(row) for row in rows])


def _scored(draft: Artifact, rows: bytes, count: int) -> np.ndarray:
    predictor: Predictor = sound_graph.read(draft).load(1)
    found = np.frombuffer(predictor.predict(rows, count).tobytes(), np.float32).reshape(count, -1)
    if not np.isfinite(found).all():
        raise TrainingRefused("the model: expected finite scores of every held-out row")
    return found


def _golden(manifest: Manifest, rows: Any, scores: np.ndarray) -> tuple[GoldenRow, ...]:
    if (how := manifest.preparation) is None:
        return golden_rows(rows, scores)
    return tuple(
        GoldenRow((row,), tuple(of_row), hashlib.sha256(how.prepare(row)).hexdigest())
        for row, of_row in zip(rows, scores.tolist(), strict=True)
    )


def _baseline(manifest: Manifest, table: TrainingTable, known: np.ndarray, scores: np.ndarray) -> dict[str, Any]:
    """Of the columns the rows that were trained on, of the scores those that were held out: others are too sure."""
    columns = np.empty((len(known), 0)) if table.texts else table.values[known]
    found = baseline(manifest.columns, columns, scores)
    return found | {"rows": len(known)}
