"""Expected quality of a binary classifier, without outcomes (confidence-based performance estimation, CBPE).

If a score is the probability of the second label, a prediction with the label "positive" and score p is right with
probability p, and one with "negative" with 1 - p. So the table of labels against outcomes, and every metric of it, has
an expectation that needs no outcome (Guillory et al. 2021, Predicting with confidence on unseen distributions;
Bialek et al. 2024, Estimating model performance under covariate shift without labels).

**It is right only as far as the scores are calibrated for the events that it sees.** It follows a change of the
features: more difficult events have scores nearer to the middle. It cannot see that the same features have other
outcomes now (concept drift): then it stays where it was, while the truth changes.
"""

from __future__ import annotations

import math

import numpy as np

from evaluation import values
from evaluation.errors import NotMergeable
from evaluation.estimates import normal, undefined
from evaluation.ranks import LARGEST_LOGIT
from model_store.errors import DocumentInvalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

    from evaluation.estimates import Estimate
    from evaluation.exact import Floats
    from model_store.documents import Document
    from model_store.manifest import Manifest

# Bins of the logit, from -16 to 16, twice: of predictions with either label.
BINS, BINS_PER_UNIT = 512, 16
# Probabilities are counted in units of 2⁻³⁰: sums are whole numbers, the same in any order.
UNIT = 2.0**30
MOST = 1 << 62  # of a sum: four thousand million predictions


class ExpectedBinary:
    """Sums of probabilities and their squares by label and bin; up to 40 kB of JSON.

    threshold : scores of at least this have the label "positive".
    """

    def __init__(self, threshold: float) -> None:
        self.threshold = threshold
        self._sums = np.zeros((2, BINS, 3), np.int64)  # predictions, probabilities, squares of probabilities

    def add_all(self, scores: Floats) -> int:
        """Count predictions by their calibrated scores; returns how many are probabilities, and so counted."""
        scores = scores[values.are_probabilities(scores)]
        within = np.clip(values.logits(scores), -LARGEST_LOGIT, LARGEST_LOGIT)
        bins = np.minimum(((within + LARGEST_LOGIT) * BINS_PER_UNIT).astype(np.int64), BINS - 1)
        cells = bins + BINS * (scores >= self.threshold)
        for place, parts in enumerate((np.ones(len(scores)), np.rint(scores * UNIT), np.rint(scores**2 * UNIT))):
            sums = np.bincount(cells, weights=parts, minlength=2 * BINS)  # whole numbers below 2**53
            self._sums[:, :, place] += sums.astype(np.int64).reshape(2, BINS)
        return len(scores)

    def merge(self, other: Self) -> None:
        """Add the other's counts. Raises NotMergeable."""
        if self.threshold != other.threshold:
            raise NotMergeable(f"threshold: expected {self.threshold}, got {other.threshold}")
        self._sums += other._sums

    @property
    def n(self) -> int:
        return int(self._sums[:, :, 0].sum())

    def estimates(self) -> dict[str, Estimate]:
        """Accuracy, precision, recall, F1, ROC AUC and Brier score as they are expected.

        The interval is that of the metric that outcomes would give, with 95 %: an outcome is 1 with probability p, so
        its variance is p (1 - p), and a metric's is the sum over predictions of that times the square of the metric's
        derivative by the outcome (delta method). It does not contain errors of the calibrator.
        """
        if not self.n:
            return dict.fromkeys(
                ("accuracy", "precision", "recall", "f1", "roc_auc", "brier"), undefined("no predictions")
            )
        return {**self._of_labels(), "roc_auc": self._auc(), "brier": self._brier()}

    def _of_labels(self) -> dict[str, Estimate]:
        count, total, squares = (self._sums[:, :, place].sum(axis=1) for place in range(3))
        sums, spread = total / UNIT, (total - squares) / UNIT
        labelled, hits, missed = float(count[1]), float(sums[1]), float(sums[0])
        happened = hits + missed
        right = hits + float(count[0]) - missed
        either = labelled + happened
        return {
            "accuracy": self._normal(right / self.n, float(spread.sum()) / self.n**2),
            "precision": self._normal(hits / labelled, float(spread[1]) / labelled**2)
            if labelled
            else undefined("not defined: no predictions of this class", self.n),
            "recall": self._normal(
                hits / happened, (missed**2 * float(spread[1]) + hits**2 * float(spread[0])) / happened**4
            )
            if happened
            else undefined("not defined: no outcomes of this class", self.n),
            "f1": self._normal(
                2 * hits / either,
                4 * ((labelled + missed) ** 2 * float(spread[1]) + hits**2 * float(spread[0])) / either**4,
            )
            if either
            else undefined("not defined: neither predictions nor outcomes of this class", self.n),
        }

    def _auc(self) -> Estimate:
        count, total, squares = (self._sums[:, :, place].sum(axis=0) for place in range(3))
        positives, spread = total / UNIT, (total - squares) / UNIT
        negatives = count - positives
        all_positives, all_negatives = float(positives.sum()), float(negatives.sum())
        if min(all_positives, all_negatives) < 1:
            return undefined("not defined: less than one outcome of a class is expected", self.n)
        below = np.cumsum(negatives) - negatives / 2
        above = all_positives - np.cumsum(positives) + positives / 2
        auc = float((positives * below).sum()) / all_positives / all_negatives
        slopes = (below - above) / (all_positives * all_negatives) - auc / all_positives + auc / all_negatives
        return self._normal(auc, float((spread * slopes**2).sum()))

    def _brier(self) -> Estimate:
        """The mean of p (1 - p). The outcome's squared distance has the variance p (1 - p) (1 - 2p)², at most."""
        count, total, squares = (self._sums[:, :, place].sum(axis=0) for place in range(3))
        spread = (total - squares) / UNIT
        centre = np.divide(total / UNIT, count, out=np.full(BINS, 0.5), where=count > 0)
        return self._normal(float(spread.sum()) / self.n, float((spread * (1 - 2 * centre) ** 2).sum()) / self.n**2)

    def _normal(self, value: float, variance: float) -> Estimate:
        return normal(value, math.sqrt(max(0.0, variance)), self.n, bounds=(0.0, 1.0))

    def to_json(self) -> dict[str, Any]:
        rows = [[label, i, *self._sums[label, i].tolist()] for label in (0, 1) for i in range(BINS)
                if self._sums[label, i, 0]]  # fmt: skip
        return {"threshold": self.threshold, "sums": rows}

    @classmethod
    def read(cls, document: Document) -> Self:
        """Read the JSON of `to_json`. Raises DocumentInvalid."""
        found = cls(document.get("threshold", float))
        for i, row in enumerate(document.get("sums", list)):
            whole = isinstance(row, list) and len(row) == 5 and all(type(v) is int and 0 <= v < MOST for v in row)
            if not whole or row[0] > 1 or row[1] >= BINS:
                raise DocumentInvalid(f"{document.path}.sums[{i}]: expected label, bin and three sums from 0")
            found._sums[row[0], row[1]] = row[2:]
        return found


def expected_of(manifest: Manifest) -> ExpectedBinary | None:
    """An empty accumulator; None for a model whose scores are not calibrated, or that has no threshold."""
    output = manifest.output
    return None if output.calibration is None or output.threshold is None else ExpectedBinary(output.threshold)
