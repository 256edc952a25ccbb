"""What can be trained, by the request's `learner`: each gives a graph of ONNX.

logistic   logistic regression of standardised columns: classes
linear     linear regression of them: a number
network    layers of neurons: classes; digits and other small pictures
text       logistic regression of hashed n-grams: classes of texts
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from trainer.errors import TrainingRefused

if TYPE_CHECKING:
    from typing import Any

    from inputs.preparation import Preparation
    from trainer.options import LearnerOptions

OPSET = 17
# Copies of a picture, a pixel further: a hand does not write in the middle.
SHIFTS = ((0, 1), (0, -1), (1, 0), (-1, 0))


@dataclass(frozen=True, slots=True)
class TrainedGraph:
    """model : a file of ONNX. preparation : of texts, else None."""

    model: bytes
    preparation: Preparation | None = None


def logistic(rows: np.ndarray, codes: np.ndarray, options: LearnerOptions, seed: int) -> TrainedGraph:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    strength = options.number("inverse_regularisation", 1e-6, 1e6, 1.0)
    rounds = options.integer("rounds", 1, 10_000, 1_000)
    options.end("logistic")
    model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=rounds, random_state=seed))
    return _exported(_fitted(model, rows, codes), rows.shape[1], classes=True)


def linear(rows: np.ndarray, values: np.ndarray, options: LearnerOptions, seed: int) -> TrainedGraph:
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    alpha = options.number("regularisation", 0.0, 1e6, 1e-3)
    options.end("linear")
    return _exported(_fitted(make_pipeline(StandardScaler(), Ridge(alpha)), rows, values), rows.shape[1], classes=False)


def network(rows: np.ndarray, codes: np.ndarray, options: LearnerOptions, seed: int) -> TrainedGraph:
    from sklearn.neural_network import MLPClassifier

    neurons = options.integer("neurons", 1, 4_096, 256)
    epochs = options.integer("epochs", 1, 1_000, 12)
    shifts = options.switch("shifted_copies", default=False)
    options.end("network")
    if shifts:
        rows, codes = _with_shifted_copies(rows, codes)
    model = MLPClassifier((neurons,), max_iter=epochs, batch_size=min(256, len(rows)), random_state=seed)
    return _exported(_fitted(model, rows, codes), rows.shape[1], classes=True)


def text(rows: list[str], codes: np.ndarray, options: LearnerOptions, seed: int) -> TrainedGraph:
    from trainer.text_learner import fit

    return fit(rows, codes, options, seed)


LEARNERS: dict[str, Any] = {"logistic": logistic, "linear": linear, "network": network, "text": text}
OF_TEXTS, OF_NUMBERS = "text", "linear"


def chosen(wanted: str | None, *, texts: bool, numbers: bool) -> str:
    """The learner that is wanted, or suits. Raises TrainingRefused.

    texts : the rows are texts. numbers : the labels are numbers to predict.
    """
    if wanted is not None and wanted not in LEARNERS:
        raise TrainingRefused(f"request.learner: expected one of {', '.join(LEARNERS)}, got {wanted!r:.40}")
    found = wanted or (OF_TEXTS if texts else OF_NUMBERS if numbers else "logistic")
    if (found == OF_TEXTS) != texts:
        got = "one column of texts" if texts else "columns of numbers"
        raise TrainingRefused(f"request.learner: {found} does not learn from {got}")
    if numbers and found != OF_NUMBERS:
        raise TrainingRefused(f"request.learner: {found} learns classes, the labels are numbers: use {OF_NUMBERS}")
    return found


def _fitted(model: Any, rows: np.ndarray, labels: np.ndarray) -> Any:
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the rounds are what is meant
        return model.fit(rows, labels)


def _exported(model: Any, columns: int, *, classes: bool) -> TrainedGraph:
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType

    options = {"zipmap": False} if classes else {}
    shape = [("x", FloatTensorType([None, columns]))]
    return TrainedGraph(to_onnx(model, initial_types=shape, options=options, target_opset=OPSET).SerializeToString())


def _with_shifted_copies(rows: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    side = math.isqrt(rows.shape[1])
    if side * side != rows.shape[1]:
        raise TrainingRefused(f"options.shifted_copies: expected square pictures, got {rows.shape[1]} columns")
    square = rows.reshape(-1, side, side)
    copies = [np.roll(square, shift, axis=(1, 2)).reshape(rows.shape) for shift in SHIFTS]
    return np.concatenate([rows, *copies]), np.tile(codes, 1 + len(copies))
