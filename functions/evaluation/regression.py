"""Quality of a model that predicts a number."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np

from evaluation import values
from evaluation.estimates import Estimate, Z, normal, too_few, undefined
from evaluation.exact import ExactSum
from evaluation.means import Mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

    from evaluation.exact import Floats
    from model_store.documents import Document

# Sums of products of the outcome y and the squared error e²: the number of factors y, and of factors e².
SUMS = {"y": (1, 0), "yy": (2, 0), "yyy": (3, 0), "yyyy": (4, 0), "yee": (1, 1), "yyee": (2, 1)}


class Regression:
    """Counts errors of a regression model. Sums are exact, so R² needs no second pass over the outcomes."""

    kind = "regression"

    def __init__(self) -> None:
        self._absolute, self._squared = Mean(), Mean()
        self._sums = {name: ExactSum() for name in SUMS}

    def add_all(self, scores: Floats, outcomes: Floats) -> int:
        """Count predictions with their outcomes; returns how many are valid, and so counted."""
        valid = values.are_numbers(scores) & values.are_numbers(outcomes)
        y = outcomes[valid]
        e = scores[valid] - y
        self._absolute.add_all(np.abs(e))
        self._squared.add_all(e * e)
        for name, (ys, errors) in SUMS.items():
            self._sums[name].add_all(*(y,) * ys, *(e, e) * errors)
        return len(y)

    def merge(self, other: Self) -> None:
        """Add the other's counts."""
        self._absolute.merge(other._absolute)
        self._squared.merge(other._squared)
        for name, mine in self._sums.items():
            mine.merge(other._sums[name])

    @property
    def n(self) -> int:
        return self._absolute.n

    def estimates(self) -> dict[str, Estimate]:
        """mae : mean absolute error. rmse : root of the mean squared error. r2 : 1 - squared errors / squared
        deviations from the outcomes' mean (Draper and Smith 1998, Applied regression analysis, 1.3).

        Intervals are normal; of the RMSE and R² by the delta method (van der Vaart 1998, Asymptotic statistics, 3).
        """
        return {"mae": self._absolute.estimate(), "rmse": self._rmse(), "r2": self._r2()}

    def _rmse(self) -> Estimate:
        if not self.n:
            return undefined("no outcomes")
        squared = float(self._squared.total.value / self.n)
        error = self._squared.error() / (2 * math.sqrt(squared)) if squared else 0.0
        return normal(math.sqrt(squared), error, self.n, bounds=(0.0, math.inf))

    def _r2(self) -> Estimate:
        """With ρ = 1 - R² = E e² / E d², d = y - E y: the gradient of ρ at one outcome is (e² - ρ d²) / E d².

        ρ is skewed, like every ratio of sums of squares: the interval is normal for its logarithm.
        """
        if self.n < 2:
            return undefined(f"not defined: expected at least 2 outcomes, got {self.n}", self.n)
        mean = {name: total.value / self.n for name, total in self._sums.items()}
        m = mean["y"]
        dd = mean["yy"] - m * m
        if not dd:
            return undefined("not defined: all outcomes are equal", self.n)
        ee, eeee = self._squared.total.value / self.n, self._squared.squares.value / self.n
        rho = ee / dd
        value = float(1 - rho)
        if note := too_few(self.n):
            return Estimate(value, n=self.n, note=note)
        eedd = mean["yyee"] - 2 * m * mean["yee"] + m * m * ee
        dddd = mean["yyyy"] - 4 * m * mean["yyy"] + 6 * m * m * mean["yy"] - 3 * m**4
        variance = max(Fraction(0), eeee - 2 * rho * eedd + rho * rho * dddd) / (dd * dd * self.n)
        error = math.sqrt(float(variance))
        widest = math.exp(Z * error / float(rho)) if rho else 1.0
        return Estimate(value, 1 - float(rho) * widest, 1 - float(rho) / widest, error, self.n)

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "absolute": self._absolute.to_json(),
            "squared": self._squared.to_json(),
            "sums": {name: total.to_json() for name, total in self._sums.items()},
        }

    @classmethod
    def read(cls, document: Document) -> Self:
        """Read the JSON of `to_json`. Raises DocumentInvalid."""
        found, sums = cls(), document.child("sums")
        found._absolute, found._squared = (Mean.read(document.child(key)) for key in ("absolute", "squared"))
        found._sums = {name: ExactSum.read(sums.members.get(name), f"{sums.path}.{name}") for name in SUMS}
        return found
