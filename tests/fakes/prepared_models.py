"""Artifacts of small ONNX models whose input is prepared: texts and images, of two classes."""

import hashlib
from collections.abc import Sequence
from typing import Any

from inputs.preparation import Preparation
from model_store.artifact import Artifact
from model_store.feature import OMIT, Feature
from model_store.framework import ModelFramework
from model_store.golden_row import GoldenRow
from model_store.manifest import Manifest, ModelFile
from model_store.output import Output
from predictors.onnx import MODEL_FILE, sound_graph
from tests.fakes.onnx_models import TOLERANCE


def prepared_artifact(
    model: bytes, preparation: Preparation, golden: Sequence[str], labels: tuple[str, str], **changes: Any
) -> Artifact:
    """An artifact that passes every check; `changes` replace members of its manifest.

    golden : the values of the golden rows, as events have them; their scores are those that the model gives.
    """
    members: dict[str, Any] = {
        "name": "sessions",
        "version": "1",
        "created_at": "2026-01-02T03:04:05.000Z",
        "framework": ModelFramework("onnx", "opset 17"),
        "task": "binary",
        "objective": None,
        "features": (Feature(preparation.name, preparation.name, allow_missing=False, capture=OMIT),),
        "output": Output(labels, 0.5),
        "file": ModelFile.of(model, MODEL_FILE),
        "golden_rows": _golden_rows(preparation, golden, [0.0] * len(golden)),
        "tolerance": TOLERANCE,
        "preparation": preparation,
    } | changes
    if "golden_rows" not in changes:
        members["golden_rows"] = _golden_rows(preparation, golden, _scores(Artifact(Manifest(**members), model)))
    return Artifact(Manifest(**members), model)


def _golden_rows(preparation: Preparation, golden: Sequence[str], scores: Sequence[float]) -> tuple[GoldenRow, ...]:
    return tuple(
        GoldenRow((value,), (score,), hashlib.sha256(preparation.prepare(value)).hexdigest())
        for value, score in zip(golden, scores, strict=True)
    )


def _scores(draft: Artifact) -> Any:
    inputs = draft.manifest.golden_inputs()
    return sound_graph.read(draft).load(1).predict(b"".join(inputs), len(inputs))
