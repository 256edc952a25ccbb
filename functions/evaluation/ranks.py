"""ROC AUC from a histogram of the scores for each class.

Scores are counted in 2,048 bins of width 1/64 on the logit scale, from -16 to 16: fine for very low and very high
probabilities, where bins of equal width in probability would put all scores of a rare class into one bin. A pair of
outcomes in the same bin counts as a tie, one half. The AUC is therefore wrong by at most half the share of pairs in the
same bin; `bin_error` computes this bound from the same histogram.
"""

from __future__ import annotations

import math
from collections import defaultdict
from itertools import accumulate
from typing import NamedTuple

import numpy as np

from evaluation.estimates import Estimate, Z, too_few, undefined
from model_store.errors import DocumentInvalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any, Self

    from numpy.typing import NDArray

    from evaluation.exact import Floats

BINS = 2048
BINS_PER_UNIT = 64
LARGEST_LOGIT = BINS / BINS_PER_UNIT / 2


class Bin(NamedTuple):
    """Outcomes of one bin, and of those before it (with lower scores)."""

    negatives: int
    positives: int
    negatives_below: int
    positives_below: int


class Ranks:
    """How many outcomes of each class have scores in each bin; at most `BINS` pairs of counts."""

    def __init__(self) -> None:
        self._counts: defaultdict[int, list[int]] = defaultdict(lambda: [0, 0])

    def add_all(self, logits: Floats, positive: NDArray[np.bool]) -> None:
        """Count outcomes. Logits may be infinite (probabilities of 0 and 1), not NaN."""
        within = np.clip(logits, -LARGEST_LOGIT, LARGEST_LOGIT)
        bins = np.minimum(((within + LARGEST_LOGIT) * BINS_PER_UNIT).astype(np.int64), BINS - 1)
        counts = np.bincount(2 * bins + positive, minlength=2 * BINS).reshape(BINS, 2)
        for number in np.flatnonzero(counts.any(axis=1)).tolist():
            negatives, positives = counts[number].tolist()
            self._counts[number][0] += negatives
            self._counts[number][1] += positives

    def merge(self, other: Self) -> None:
        for number, (negatives, positives) in other._counts.items():
            mine = self._counts[number]
            mine[0] += negatives
            mine[1] += positives

    @property
    def negatives(self) -> int:
        return sum(negatives for negatives, _ in self._counts.values())

    @property
    def positives(self) -> int:
        return sum(positives for _, positives in self._counts.values())

    def bin_error(self) -> float:
        """The maximum difference of `auc` from the AUC of the exact scores; 0 if it is not defined."""
        pairs = self.negatives * self.positives
        return sum(n * p for n, p in self._counts.values()) / (2 * pairs) if pairs else 0.0

    def auc(self) -> Estimate:
        """The probability that a positive outcome has a higher score than a negative one, ties counting one half.

        Mann and Whitney 1947; Hanley and McNeil 1982, The meaning and use of the area under a ROC curve. Standard
        error: DeLong, DeLong and Clarke-Pearson 1988, from the counts by bin. Interval: normal for the AUC's logit,
        so that it stays within 0 and 1 (Pepe 2003, The statistical evaluation of medical tests, 5.2.5).
        """
        positives, negatives = self.positives, self.negatives
        n = positives + negatives
        if not positives or not negatives:
            return undefined("not defined: outcomes of one class only" if n else "no outcomes", n)
        wins = sum(b.positives * (2 * b.negatives_below + b.negatives) for b in self._bins())
        auc = wins / (2 * positives * negatives)
        if note := too_few(n, min(positives, negatives)):
            return Estimate(auc, n=n, note=note)
        if auc in (0.0, 1.0):
            return Estimate(auc, n=n, note="no interval: the scores separate the classes without exception")
        error = self._error(auc, positives, negatives)
        logit, half = math.log(auc / (1 - auc)), Z * error / (auc * (1 - auc))
        return Estimate(auc, _logistic(logit - half), _logistic(logit + half), error, n)

    def _error(self, auc: float, positives: int, negatives: int) -> float:
        """DeLong: from the variance, in each class, of the share of the other class that an outcome ranks above."""
        of_positives = of_negatives = 0.0
        for b in self._bins():
            beaten = (b.negatives_below + b.negatives / 2) / negatives
            beaten_by = 1 - (b.positives_below + b.positives / 2) / positives
            of_positives += b.positives * (beaten - auc) ** 2
            of_negatives += b.negatives * (beaten_by - auc) ** 2
        return math.sqrt(
            of_positives / (positives - 1) / positives + of_negatives / (negatives - 1) / negatives,
        )

    def curve(self) -> list[tuple[float, float]]:
        """The ROC curve as (false positive rate, true positive rate), from (0, 0) to (1, 1), a point for each bin."""
        positives, negatives = self.positives, self.negatives
        if not positives or not negatives:
            return []
        points = [(b.negatives_below / negatives, b.positives_below / positives) for b in self._bins()]
        return [(0.0, 0.0), *((1 - x, 1 - y) for x, y in reversed(points))]

    def _bins(self) -> Iterator[Bin]:
        """The bins in the order of their scores."""
        counts = [self._counts[number] for number in sorted(self._counts)]
        below = accumulate(((0, 0), *counts), lambda sums, pair: (sums[0] + pair[0], sums[1] + pair[1]))
        for (negatives, positives), (negatives_below, positives_below) in zip(counts, below, strict=False):
            yield Bin(negatives, positives, negatives_below, positives_below)

    def to_json(self) -> list[list[int]]:
        """Number, negatives and positives of each bin that has any."""
        return [[number, *self._counts[number]] for number in sorted(self._counts)]

    @classmethod
    def read(cls, stored: Any, path: str) -> Self:
        """Read the JSON of `to_json`. Raises DocumentInvalid."""
        ranks = cls()
        for i, row in enumerate(stored if isinstance(stored, list) else [None]):
            if not isinstance(row, list) or len(row) != 3 or not all(type(v) is int and v >= 0 for v in row):
                raise DocumentInvalid(f"{path}[{i}]: expected bin, negatives and positives as integers, 0 or more")
            if row[0] >= BINS or row[0] in ranks._counts:
                raise DocumentInvalid(f"{path}[{i}]: expected each bin below {BINS} once, got {row[0]}")
            ranks._counts[row[0]] = row[1:]
        return ranks


def _logistic(logit: float) -> float:
    return 1 / (1 + math.exp(-logit)) if logit > -700 else 0.0
