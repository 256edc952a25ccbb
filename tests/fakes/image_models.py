"""A small model of images: a convolution, its mean, two classes."""

import base64
import hashlib
from functools import cache
from typing import Any

import numpy as np
from onnx import TensorProto

from inputs import image
from inputs.image import ImagePreparation
from model_store.artifact import Artifact
from model_store.feature import OMIT, Feature
from model_store.manifest import GoldenRow, Manifest, ModelFile, ModelFramework, Output
from predictors.onnx import MODEL_FILE, sound_graph
from tests.fakes import pictures
from tests.fakes.onnx_models import TOLERANCE, graph, node, weight

SIDE = 16
STEP: dict[str, Any] = {
    "name": "resized-pixels", "version": 1, "width": SIDE, "height": SIDE, "crop": 0.875, "mean": 127,
    "scale": 0.0078125,
}  # fmt: skip
FEATURE = Feature("image", "image", allow_missing=False, capture=OMIT)


def preparation(**members: Any) -> ImagePreparation:
    return image.read([STEP | members])


def base64_of(data: bytes) -> str:
    return base64.b64encode(data).decode()


@cache
def golden() -> tuple[str, ...]:
    """As events have them: colour, grey, and lying on its side."""
    picture = pictures.picture()
    files = (pictures.written(picture), pictures.written(picture.convert("L"), "PNG"), pictures.oriented(6))
    return tuple(map(base64_of, files))


@cache
def model(shape: tuple[Any, ...] = ("n", 3, SIDE, SIDE), kind: int = TensorProto.FLOAT) -> bytes:
    """The mean of what four filters find, as a probability."""
    filters = np.random.default_rng(4).normal(size=(4, 3, 3, 3))
    return graph(
        [
            node("Conv", "x filters", "found", kernel_shape=[3, 3]), node("Relu", "found", "positive"),
            node("GlobalAveragePool", "positive", "means"), node("Flatten", "means", "flat"),
            node("MatMul", "flat weights", "sum"), node("Sigmoid", "sum", "y"),
        ],
        [weight("filters", filters), weight("weights", np.array([[0.5], [-0.5], [0.25], [-0.25]]))],
        shape=shape, kind=kind,
    ).SerializeToString()  # fmt: skip


def golden_rows(scores: Any = None) -> tuple[GoldenRow, ...]:
    how, found = preparation(), [0.0] * len(golden()) if scores is None else list(scores)
    return tuple(
        GoldenRow((value,), (score,), hashlib.sha256(how.prepare(value)).hexdigest())
        for value, score in zip(golden(), found, strict=True)
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
        "output": Output(("land", "sky"), 0.5),
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
