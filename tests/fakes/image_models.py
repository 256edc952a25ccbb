"""A small model of images: a convolution, its mean, two classes."""

import base64
from functools import cache
from typing import Any

import numpy as np
from onnx import TensorProto

from inputs import image
from inputs.image import ImagePreparation
from model_store.artifact import Artifact
from tests.fakes import pictures
from tests.fakes.onnx_models import graph, node, weight
from tests.fakes.prepared_models import prepared_artifact

SIDE = 16
STEP: dict[str, Any] = {
    "name": "resized-pixels", "version": 1, "width": SIDE, "height": SIDE, "crop": 0.875, "mean": 127,
    "scale": 0.0078125,
}  # fmt: skip


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


def artifact(**changes: Any) -> Artifact:
    """An artifact that passes every check; `changes` replace its model, and members of its manifest."""
    return prepared_artifact(changes.pop("model", model()), preparation(), golden(), ("land", "sky"), **changes)
