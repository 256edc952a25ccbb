"""Learners of the framework `onnx`, by scikit-learn.

logistic   logistic regression of standardised columns: classes
linear     linear regression of them: a number
network    layers of neurons: classes; digits and other small pictures
text       logistic regression of hashed n-grams: classes of texts
"""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import numpy as np

from model_store.framework import ModelFramework
from model_store.golden_row import Tolerance
from predictors.onnx import MODEL_FILE, Onnx
from trainer.errors import TrainingRefused
from trainer.learners import Learner, TrainedModel

if TYPE_CHECKING:
    from typing import Any

    from inputs.preparation import Preparation
    from trainer.learners import KnownRows
    from trainer.options import LearnerOptions

OPSET = 17
# Copies of a picture, a pixel further: a hand does not write in the middle.
SHIFTS = ((0, 1), (0, -1), (1, 0), (-1, 0))


TOLERANCE = Tolerance(relative=1e-4, absolute=1e-5)  # of scores between kinds of processors


def as_trained(model: bytes, preparation: Preparation | None = None) -> TrainedModel:
    """model : a file of ONNX. preparation : of texts, else None."""
    framework = ModelFramework(Onnx.name, f"opset {OPSET}")
    return TrainedModel(framework, MODEL_FILE, model, preparation=preparation, tolerance=TOLERANCE)


def logistic(known: KnownRows, options: LearnerOptions, seed: int) -> TrainedModel:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    strength = options.number("inverse_regularisation", 1e-6, 1e6, 1.0)
    rounds = options.integer("rounds", 1, 10_000, 1_000)
    options.end("logistic")
    model = make_pipeline(StandardScaler(), LogisticRegression(C=strength, max_iter=rounds, random_state=seed))
    return _exported(_fitted(model, known.values, known.targets), known.values.shape[1], classes=True)


def linear(known: KnownRows, options: LearnerOptions, seed: int) -> TrainedModel:
    from sklearn.linear_model import Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    alpha = options.number("regularisation", 0.0, 1e6, 1e-3)
    options.end("linear")
    model = _fitted(make_pipeline(StandardScaler(), Ridge(alpha)), known.values, known.targets)
    return _exported(model, known.values.shape[1], classes=False)


def network(known: KnownRows, options: LearnerOptions, seed: int) -> TrainedModel:
    from sklearn.neural_network import MLPClassifier

    neurons = options.integer("neurons", 1, 4_096, 256)
    epochs = options.integer("epochs", 1, 1_000, 12)
    shifts = options.switch("shifted_copies", default=False)
    options.end("network")
    rows, codes = known.values, known.targets
    if shifts:
        rows, codes = _with_shifted_copies(rows, codes)
    model = MLPClassifier((neurons,), max_iter=epochs, batch_size=min(256, len(rows)), random_state=seed)
    return _exported(_fitted(model, rows, codes), rows.shape[1], classes=True)


def text(known: KnownRows, options: LearnerOptions, seed: int) -> TrainedModel:
    from trainer.text_learner import fit

    return fit(known.values, known.targets, options, seed)


LEARNERS = {
    "logistic": Learner(logistic),
    "linear": Learner(linear, classes=False, numbers=True),
    "network": Learner(network),
    "text": Learner(text, texts=True),
}


def _fitted(model: Any, rows: np.ndarray, labels: np.ndarray) -> Any:
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # the rounds are what is meant
        return model.fit(rows, labels)


def _exported(model: Any, columns: int, *, classes: bool) -> TrainedModel:
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType

    options = {"zipmap": False} if classes else {}
    shape = [("x", FloatTensorType([None, columns]))]
    return as_trained(to_onnx(model, initial_types=shape, options=options, target_opset=OPSET).SerializeToString())


def _with_shifted_copies(rows: np.ndarray, codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    side = math.isqrt(rows.shape[1])
    if side * side != rows.shape[1]:
        raise TrainingRefused(f"options.shifted_copies: expected square pictures, got {rows.shape[1]} columns")
    square = rows.reshape(-1, side, side)
    copies = [np.roll(square, shift, axis=(1, 2)).reshape(rows.shape) for shift in SHIFTS]
    return np.concatenate([rows, *copies]), np.tile(codes, 1 + len(copies))
