"""Compare: what became of every item, and the predictions of version a next to those of version b.

The items are divided by a hash of their keys, so the two groups differ by chance only: a difference of mean scores
whose interval excludes zero is one of the versions.
"""

from __future__ import annotations

import math
from collections import Counter

from workflows.run import PLACES, A, B

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

PREDICTED, MISSING, OVERSIZED, CORRUPT, FAILED = OUTCOMES = ("predicted", "missing", "oversized", "corrupt", "failed")
_NORMAL_95 = 1.959964


class VersionPart:
    """What one version scored: number, mean and variance of the scores (Welford), and labels."""

    def __init__(self) -> None:
        self.predicted = self.scores = 0
        self.mean = self._squares = 0.0
        self.labels: Counter[str] = Counter()

    def add(self, prediction: dict[str, Any]) -> None:
        self.predicted += 1
        if "label" in prediction:
            self.labels[str(prediction["label"])] += 1
        if isinstance(score := prediction.get("score"), int | float):
            self.scores += 1
            away = score - self.mean
            self.mean += away / self.scores
            self._squares += away * (score - self.mean)

    @property
    def squared_error(self) -> float:
        """Of the mean."""
        return self._squares / (self.scores - 1) / self.scores if self.scores > 1 else math.nan

    def to_json(self) -> dict[str, Any]:
        mean = {"mean_score": self.mean} if self.scores else {}
        return {"predicted": self.predicted, **mean, "labels": dict(sorted(self.labels.items()))}


def compared(items: int, outcomes: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """items : how many were split. outcomes : those that were stored; an item without one has failed."""
    counts = dict.fromkeys(OUTCOMES, 0)
    versions = {place: VersionPart() for place in PLACES}
    fallbacks = seen = 0
    troubles: list[dict[str, Any]] = []
    for one in outcomes:
        seen += 1
        counts[one["outcome"]] += 1
        if one["outcome"] == PREDICTED:
            versions[one["place"]].add(one["prediction"])
            fallbacks += bool(one["fallback"])
        else:
            troubles.append({name: one[name] for name in ("key", "outcome", "error")})
    counts[FAILED] += items - seen
    return {
        "items": items,
        "counts": counts,
        "fallbacks": fallbacks,
        "versions": {place: part.to_json() for place, part in versions.items()},
        "difference": _difference(versions[A], versions[B]),
        "not_predicted": troubles[:100],
    }


def _difference(a: VersionPart, b: VersionPart) -> dict[str, Any] | None:
    """Of the mean scores, b minus a, with a 95 % interval; None where a version has fewer than two scores."""
    error = math.sqrt(a.squared_error + b.squared_error)
    if math.isnan(error):
        return None
    found, half = b.mean - a.mean, _NORMAL_95 * error
    return {"mean_score": found, "low": found - half, "high": found + half, "by_chance": abs(found) <= half}
