"""A small model of texts: hashed words, weights that are summed, two classes."""

import hashlib
from functools import cache
from typing import Any

import numpy as np
from onnx import TensorProto

from inputs import text
from inputs.text import TextPreparation
from model_store.artifact import Artifact
from model_store.feature import OMIT, Feature
from model_store.manifest import GoldenRow, Manifest, ModelFile, ModelFramework, Output
from predictors.onnx import MODEL_FILE, sound_graph
from tests.fakes.onnx_models import TOLERANCE, graph, node, weight

STEPS: list[Any] = [
    {
        "name": "hashed-grams", "version": 1, "unit": "words", "grams": [1, 2], "buckets": 512, "length": 16,
        "lowercase": True, "max_bytes": 4096,
    }
]  # fmt: skip
FEATURE = Feature("text", "text", allow_missing=False, capture=OMIT)
GOLDEN = ("Win a prize now", "see you at lunch", "", "Grüße aus Köln 👋", "now " * 40)


def preparation() -> TextPreparation:
    return text.read(STEPS)


@cache
def model(length: int = 16, kind: int = TensorProto.INT64) -> bytes:
    """The mean of a weight of each gram, as a probability."""
    table = np.random.default_rng(4).normal(size=(512, 1))
    table[0] = 0  # padding
    return graph(
        [
            node("Gather", "table x", "looked"), node("ReduceSum", "looked axis", "sum", keepdims=0),
            node("Greater", "x nothing", "there"), node("Cast", "there", "ones", to=TensorProto.FLOAT),
            node("ReduceSum", "ones axis", "count", keepdims=1), node("Max", "count one", "most"),
            node("Div", "sum most", "mean"), node("Sigmoid", "mean", "y"),
        ],
        [
            weight("table", table), weight("axis", [1], np.int64), weight("one", [1]),
            weight("nothing", [0], np.int32 if kind == TensorProto.INT32 else np.int64),
        ],
        shape=("n", length), kind=kind,
    ).SerializeToString()  # fmt: skip


def golden_rows(scores: Any = None) -> tuple[GoldenRow, ...]:
    how, found = preparation(), [0.0] * len(GOLDEN) if scores is None else list(scores)
    return tuple(
        GoldenRow((value,), (score,), hashlib.sha256(how.prepare(value)).hexdigest())
        for value, score in zip(GOLDEN, found, strict=True)
    )


def artifact(**changes: Any) -> Artifact:
    """An artifact that passes every check; `changes` replace members of its manifest."""
    made = changes.pop("model", model())
    members: dict[str, Any] = {
        "name": "sessions",
        "version": "1",
        "created_at": "2026-01-02T03:04:05.000Z",
        "framework": ModelFramework("onnx", "opset 17"),
        "task": "binary",
        "objective": None,
        "features": (FEATURE,),
        "output": Output(("ham", "spam"), 0.5),
        "file": ModelFile.of(made, MODEL_FILE),
        "golden_rows": golden_rows(),
        "tolerance": TOLERANCE,
        "preparation": preparation(),
    } | changes
    if "golden_rows" not in changes:
        members["golden_rows"] = golden_rows(_scores(Artifact(Manifest(**members), made)))
    return Artifact(Manifest(**members), made)


def _scores(draft: Artifact) -> Any:
    inputs = draft.manifest.golden_inputs()
    return sound_graph.read(draft).load(1).predict(b"".join(inputs), len(inputs))
