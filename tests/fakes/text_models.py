"""A small model of texts: hashed words, weights that are summed, two classes."""

from functools import cache
from typing import Any

import numpy as np
from onnx import TensorProto

from inputs import text
from inputs.text import TextPreparation
from model_store.artifact import Artifact
from tests.fakes.onnx_models import graph, node, weight
from tests.fakes.prepared_models import prepared_artifact

STEPS: list[Any] = [
    {
        "name": "hashed-grams", "version": 1, "unit": "words", "grams": [1, 2], "buckets": 512, "length": 16,
        "lowercase": True, "max_bytes": 4096,
    }
]  # fmt: skip
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


def artifact(**changes: Any) -> Artifact:
    """An artifact that passes every check; `changes` replace its model, and members of its manifest."""
    return prepared_artifact(changes.pop("model", model()), preparation(), GOLDEN, ("ham", "spam"), **changes)
