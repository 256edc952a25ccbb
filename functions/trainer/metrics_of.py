"""How good the scores of held-out rows are."""

from __future__ import annotations

import numpy as np


def of_classes(scores: np.ndarray, codes: np.ndarray) -> dict[str, float]:
    """scores : rows × classes, or × 1 for the probability of the second of two. codes : the classes, from 0."""
    of_all = np.hstack([1 - scores, scores]) if scores.shape[1] == 1 else scores
    chosen = np.clip(of_all[np.arange(len(codes)), codes], 1e-7, 1.0)
    found = {"accuracy": float((of_all.argmax(axis=1) == codes).mean()), "logloss": float(-np.log(chosen).mean())}
    if scores.shape[1] == 1 and len(np.unique(codes)) == 2:
        found["auc"] = _area(scores[:, 0], codes)
    return _rounded(found)


def of_numbers(scores: np.ndarray, values: np.ndarray) -> dict[str, float]:
    """scores : rows × 1."""
    errors = scores[:, 0].astype(np.float64) - values
    spread = float(((values - values.mean()) ** 2).sum())
    found = {"rmse": float(np.sqrt((errors**2).mean())), "mae": float(np.abs(errors).mean())}
    return _rounded(found | ({"r2": 1 - float((errors**2).sum()) / spread} if spread else {}))


def _area(scores: np.ndarray, codes: np.ndarray) -> float:
    """The share of pairs of a 1 and a 0 of which the 1 has the higher score; equal scores count half."""
    _, places, counts = np.unique(scores, return_inverse=True, return_counts=True)
    positives = np.bincount(places, codes)
    negatives = counts - positives
    below = np.cumsum(negatives) - negatives
    return float((positives * (below + negatives / 2)).sum() / (positives.sum() * negatives.sum()))


def _rounded(found: dict[str, float]) -> dict[str, float]:
    return {name: round(value, 6) for name, value in found.items()}
