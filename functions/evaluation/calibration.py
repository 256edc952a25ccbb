"""Calibration: whether outcomes with a predicted probability of about p are positive with frequency p."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from evaluation.estimates import Estimate, share
from evaluation.exact import ExactSum
from model_store.errors import DocumentInvalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

    from numpy.typing import NDArray

    from evaluation.exact import Floats
    from model_store.documents import Document

BINS = 10


@dataclass(slots=True)
class CalibrationBin:
    """Outcomes whose probability is in one tenth of 0 to 1."""

    n: int = 0
    positives: int = 0
    total: ExactSum = field(default_factory=ExactSum)

    @property
    def mean_score(self) -> float:
        return float(self.total.value / self.n)

    @property
    def gap(self) -> float:
        """The distance of the observed share from the mean score."""
        return abs(self.positives / self.n - self.mean_score)


class Calibration:
    """Ten bins of equal width, each with its outcomes, positive outcomes and sum of scores."""

    def __init__(self) -> None:
        self._bins = [CalibrationBin() for _ in range(BINS)]

    def add_all(self, probabilities: Floats, positive: NDArray[np.bool]) -> None:
        bins = np.minimum((probabilities * BINS).astype(np.int64), BINS - 1)
        for number in np.unique(bins).tolist():
            found, within = self._bins[number], bins == number
            found.n += int(within.sum())
            found.positives += int(positive[within].sum())
            found.total.add_all(probabilities[within])

    def merge(self, other: Self) -> None:
        for mine, others in zip(self._bins, other._bins, strict=True):
            mine.n += others.n
            mine.positives += others.positives
            mine.total.merge(others.total)

    def report(self) -> list[dict[str, Any]]:
        """Each bin that has outcomes: mean score, observed share with Wilson's interval, outcomes.

        The reliability diagram of DeGroot and Fienberg 1983, The comparison and evaluation of forecasters.
        """
        return [
            {"mean_score": found.mean_score, "observed": share(found.positives, found.n).to_json(), "n": found.n}
            for found in self._bins
            if found.n
        ]

    def expected_error(self) -> float | None:
        """The mean gap between mean score and observed share, weighted by outcomes; None without outcomes.

        Naeini, Cooper and Hauskrecht 2015, Obtaining well calibrated probabilities using Bayesian binning.
        """
        return self._weighted([(found.n, found.gap) for found in self._bins if found.n])

    def error_by_chance(self) -> float | None:
        """The approximate mean of `expected_error` for a perfectly calibrated model.

        The gap of n outcomes is then about normal with variance p (1 - p) / n, and its mean size √(2/π) times the
        deviation. With few outcomes the measured error of any model is about as large (Bröcker and Smith 2007,
        Increasing the reliability of reliability diagrams), so compare the two. There is no interval: the distribution
        near 0 is far from normal.
        """
        gaps = []
        for found in self._bins:
            if found.n:
                p = found.mean_score
                gaps.append((found.n, math.sqrt(2 / math.pi * p * (1 - p) / found.n)))
        return self._weighted(gaps)

    def estimate(self) -> Estimate:
        """The expected calibration error, without an interval."""
        n = sum(found.n for found in self._bins)
        note = "no interval: compare it with the error by chance" if n else "no outcomes"
        return Estimate(self.expected_error(), n=n, note=note)

    @staticmethod
    def _weighted(gaps: list[tuple[int, float]]) -> float | None:
        n = sum(count for count, _ in gaps)
        return math.fsum(count * gap for count, gap in gaps) / n if n else None

    def to_json(self) -> list[list[Any]]:
        """Outcomes, positive outcomes and sum of scores of each bin."""
        return [[found.n, found.positives, found.total.to_json()] for found in self._bins]

    @classmethod
    def read(cls, document: Document, key: str) -> Self:
        """Read the JSON of `to_json` from the member `key`. Raises DocumentInvalid."""
        path, rows = f"{document.path}.{key}", document.get(key, list)
        if len(rows) != BINS or not all(isinstance(row, list) and len(row) == 3 for row in rows):
            raise DocumentInvalid(f"{path}: expected {BINS} bins of outcomes, positive outcomes and sum")
        calibration = cls()
        for i, (n, positives, total) in enumerate(rows):
            if type(n) is not int or type(positives) is not int or not 0 <= positives <= n:
                raise DocumentInvalid(f"{path}[{i}]: expected no more positive outcomes than outcomes")
            calibration._bins[i] = CalibrationBin(n, positives, ExactSum.read(total, f"{path}[{i}]"))
        return calibration
