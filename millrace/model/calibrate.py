"""Fits a calibrator: from scores of rows that the model was not trained on, and what happened, to probabilities.

Isotonic regression (Zadrozny and Elkan 2002, Transforming classifier scores into accurate multiclass probability
estimates) has no assumption but that the order of scores is right, and needs some 1,000 rows. Platt's scaling (Platt
1999, Probabilistic outputs for support vector machines) fits a logistic function with two parameters to the logits.
"""

import numpy as np
from scipy.optimize import isotonic_regression, minimize
from scipy.special import expit, logit

from millrace.errors import UserError
from model_store.calibrator import MAX_KNOTS, METHODS, OBJECTIVES, Calibrator

# Of each class, at least: with fewer a calibrator is noise.
MIN_OF_EACH_CLASS = 30
FOLDS = 5
# Knots of Platt's function, at equal distances of the logits in which scores are.
PLATT_KNOTS = 257


def check(method: str | None, task: str, objective: str) -> None:
    """Raises UserError where a model of this objective cannot be calibrated so."""
    if method is None:
        return
    if method not in METHODS:
        raise UserError(f"--calibrate: expected {' or '.join(METHODS)}, got {method!r}")
    if task != "binary" or objective not in OBJECTIVES:
        raise UserError(f"--calibrate: expected a model by {' or '.join(OBJECTIVES)}, got {objective}; leave it out")


def fit(method: str, scores: np.ndarray, outcomes: np.ndarray) -> Calibrator:
    """A calibrator of float32 scores, shape (rows,), and outcomes, 0 or 1. Raises UserError for too few rows."""
    scores, outcomes = _flat(scores, outcomes)
    rarest = int(min(outcomes.sum(), len(outcomes) - outcomes.sum()))
    if rarest < MIN_OF_EACH_CLASS or len(np.unique(scores)) < 2:
        raise UserError(
            f"--calibrate: expected at least {MIN_OF_EACH_CLASS} held-out rows of each class and two scores, got "
            f"{rarest} of the rarer one; use more rows, or leave it out"
        )
    return _fitted(method, scores, outcomes)


def _flat(scores: np.ndarray, outcomes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return np.asarray(scores, np.float32).ravel(), np.asarray(outcomes, float).ravel()


def _fitted(method: str, scores: np.ndarray, outcomes: np.ndarray) -> Calibrator:
    inputs, outputs = (_isotonic if method == "isotonic" else _platt)(scores, outcomes)
    if len(inputs) < 2:
        raise UserError(
            "--calibrate: expected at least two scores that a calibrator distinguishes, got one; leave it out"
        )
    return Calibrator(method, tuple(inputs.tolist()), tuple(np.maximum.accumulate(outputs).tolist()))


def applied(calibrator: Calibrator, scores: np.ndarray) -> np.ndarray:
    """Calibrated scores as the scorer computes them: float32, of the same shape."""
    from array import array

    from predictors.calibrated import calibrate

    found = array("f", np.asarray(scores, np.float32).tobytes())
    calibrate(found, array("d", calibrator.inputs), array("d", calibrator.outputs))
    return np.frombuffer(found.tobytes(), np.float32).reshape(np.shape(scores))


def log_loss_by_folds(method: str, scores: np.ndarray, outcomes: np.ndarray, seed: int) -> float:
    """The log loss of calibrated scores, each by a calibrator of the other folds' rows: not of its own."""
    scores, outcomes = _flat(scores, outcomes)
    folds = np.random.default_rng(seed).permutation(len(scores)) % FOLDS
    found = np.empty(len(scores))
    for fold in range(FOLDS):
        within = folds == fold
        found[within] = applied(_fitted(method, scores[~within], outcomes[~within]), scores[within])
    found = np.clip(found, 2.0**-23, 1 - 2.0**-23)
    return float(-np.mean(np.where(outcomes > 0, np.log(found), np.log(1 - found))))


def _isotonic(scores: np.ndarray, outcomes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The ends of each block of equal outputs. Never 0 or 1, of which finite data is no proof (Laplace's rule)."""
    inputs, inverse, counts = np.unique(scores, return_inverse=True, return_counts=True)
    means = np.bincount(inverse, weights=outcomes) / counts
    found = isotonic_regression(means, weights=counts.astype(float))
    starts = found.blocks[:-1]
    ends = found.blocks[1:] - 1
    kept = np.unique(np.concatenate([starts, ends]))
    if len(kept) > MAX_KNOTS:
        kept = kept[np.unique(np.linspace(0, len(kept) - 1, MAX_KNOTS).astype(int))]
    bound = 1 / (len(scores) + 2)
    return inputs[kept], np.clip(found.x[kept], bound, 1 - bound)


def _platt(scores: np.ndarray, outcomes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    smallest = 2.0**-23
    logits = logit(np.clip(scores.astype(float), smallest, 1 - smallest))
    positives = outcomes.sum()
    targets = np.where(outcomes > 0, (positives + 1) / (positives + 2), 1 / (len(outcomes) - positives + 2))

    def loss(parameters: np.ndarray) -> tuple[float, np.ndarray]:
        margin = parameters[0] * logits + parameters[1]
        error = expit(margin) - targets
        return float(np.mean(np.logaddexp(0, margin) - targets * margin)), np.array(
            [np.mean(error * logits), error.mean()]
        )

    slope, intercept = minimize(loss, np.array([1.0, 0.0]), jac=True, method="BFGS").x
    if slope <= 0:
        raise UserError(
            "--calibrate platt: expected higher scores for the second label, got the reverse; check the label"
        )
    low, high = max(-16.0, float(logits.min())), min(16.0, float(logits.max()))
    inputs = np.unique(expit(np.linspace(low, high, PLATT_KNOTS)).astype(np.float32))
    return inputs, expit(slope * logit(np.clip(inputs.astype(float), smallest, 1 - smallest)) + intercept)
