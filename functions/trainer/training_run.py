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
from model_store.golden_row import GoldenRow
from model_store.manifest import Manifest, ModelFile
from model_store.output import Output
from predictors import FRAMEWORKS
from predictors.errors import ModelUnsound
from trainer import learners, metrics_of
from trainer.errors import TrainingRefused
from trainer.learners import KnownRows
from trainer.options import LearnerOptions
from trainer.request import CLASSIFICATION, REGRESSION
from training.baseline import baseline, with_attributions
from training.golden import GOLDEN_ROWS, chosen, golden_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from predictors.predictor import Predictor, SoundModel
    from trainer.learners import Learner, TrainedModel
    from trainer.request import TrainingRequest
    from trainer.tables import TrainingTable

LEAST_ROWS, MOST_CLASSES = 20, 1_000
THRESHOLD = 0.5


@dataclass(frozen=True, slots=True)
class FinishedTraining:
    artifact: Artifact
    learner: str
    trained: int
    held_out: int


def run(table: TrainingTable, request: TrainingRequest, name: str, family: Mapping[str, Learner]) -> FinishedTraining:
    """Train, score the held-out rows as the scorer does, and describe the model. Raises TrainingRefused.

    family : the learners to choose from.
    """
    labels = _labels(table.labels, request.task, learners.named(family, request.learner))
    numbers = labels.dtype == np.float64
    learner = learners.chosen(family, request.learner, texts=table.texts, numbers=numbers)
    classes, targets = ((), labels) if numbers else _classes(labels)
    known, held_out = divided(table.rows, request.held_out, request.seed)
    if classes and len(np.unique(targets[known])) != len(classes):
        raise TrainingRefused(
            "table: expected every class among the rows that are trained on: add rows of the rare ones"
        )
    rows = KnownRows(table.columns, _rows(table, known), targets[known])
    trained = family[learner].fit(rows, LearnerOptions(request.options), request.seed)
    draft = _draft(table, request, name, classes, trained)
    predictor = _sound(draft).load(1)
    scores = _scored(predictor, _inputs(draft.manifest, _rows(table, held_out)), len(held_out))
    measured = metrics_of.of_numbers if numbers else metrics_of.of_classes
    first = np.arange(min(len(held_out), GOLDEN_ROWS))
    golden = first if table.texts else chosen(table.values[held_out], table.features)
    manifest = replace(
        draft.manifest,
        metrics=measured(scores, targets[held_out]),
        golden_rows=_golden(draft.manifest, _rows(table, held_out[golden]), scores[golden]),
        baseline=_baseline(draft.manifest, table, known, scores),
    )
    artifact = Artifact(manifest, draft.model)
    if not table.texts:
        artifact = with_attributions(artifact, predictor, rows.values)
    return FinishedTraining(artifact, learner, len(known), len(held_out))


def _labels(labels: np.ndarray, task: str | None, wanted: Learner | None) -> np.ndarray:
    """As the task or the learner that is wanted takes them: whole numbers may be classes or numbers."""
    numbers = labels.dtype == np.float64
    if task == CLASSIFICATION and numbers:
        raise TrainingRefused("request.task: expected regression, the labels are numbers with fractions, or too many")
    if numbers or not (task == REGRESSION or (wanted and not wanted.classes)):
        return labels
    try:
        return labels.astype(np.float64)
    except ValueError:
        raise TrainingRefused("request.task: expected classification, the labels are texts") from None


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
    table: TrainingTable, request: TrainingRequest, name: str, classes: tuple[str, ...], trained: TrainedModel
) -> Artifact:
    """The artifact without golden rows, metrics and baseline."""
    prepared, event, width = trained.preparation, EventFormat(), len(classes) if len(classes) > 2 else 1
    if prepared is not None:
        features: tuple[Feature, ...] = (Feature(table.columns[0], prepared.name, allow_missing=False, capture=OMIT),)
    else:
        features = table.features
        if request.arrays:
            event = EventFormat(None, format=VECTOR)
    manifest = Manifest(
        name=name,
        version=request.version,
        created_at=request.created_at,
        framework=trained.framework,
        task="regression" if not classes else "binary" if width == 1 else "multiclass",
        objective=trained.objective,
        features=features,
        output=Output(classes, THRESHOLD if classes and width == 1 else None, width),
        file=ModelFile.of(trained.model, trained.file),
        golden_rows=(),
        event=event,
        tolerance=trained.tolerance,
        preparation=prepared,
    )
    return Artifact(manifest, trained.model)


def _inputs(manifest: Manifest, rows: Any) -> bytes:
    if manifest.preparation is None:
        return np.ascontiguousarray(rows, np.float32).tobytes()
    return b"".join([manifest.preparation.prepare(row) for row in rows])


def _sound(draft: Artifact) -> SoundModel:
    try:
        return FRAMEWORKS[draft.manifest.framework.name].verify(draft)
    except ModelUnsound as error:
        raise TrainingRefused(f"the model: {error}") from None


def _scored(predictor: Predictor, rows: bytes, count: int) -> np.ndarray:
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
