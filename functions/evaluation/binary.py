"""Quality of a binary classifier. The second label is the positive class."""

from __future__ import annotations

import numpy as np

from evaluation import values
from evaluation.calibration import Calibration
from evaluation.errors import NotMergeable
from evaluation.estimates import Estimate, share, undefined, wilson
from evaluation.means import Mean
from evaluation.ranks import Ranks
from model_store.errors import DocumentInvalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

    from numpy.typing import NDArray

    from evaluation.exact import Floats
    from model_store.documents import Document

# A score is a probability, its logit, or a label, 0 or 1 (see predictors.xgboost.objectives).
SCALES = ("probability", "logit", "label")


class Binary:
    """Counts outcomes of a binary model; up to 110 kB of canonical JSON (see docs/evaluation.md).

    threshold : scores of at least this count as positive, on the scale of the scores; None if the manifest has none.
    """

    kind = "binary"

    def __init__(self, threshold: float | None = 0.5, scale: str = "probability") -> None:
        self.threshold, self.scale = threshold, scale
        self._counts = [[0, 0], [0, 0]]  # by outcome, then by label
        self._ranks, self._calibration = Ranks(), Calibration()
        self._log_loss, self._brier = Mean(), Mean()

    def add_all(self, scores: Floats, outcomes: Floats) -> int:
        """Count predictions with their outcomes, 0 or 1; returns how many are valid, and so counted."""
        valid = (values.are_numbers if self.scale == "logit" else values.are_probabilities)(scores)
        valid &= values.are_classes(outcomes, 2)
        scores, happened = scores[valid], outcomes[valid] > 0
        self._ranks.add_all(scores if self.scale == "logit" else values.logits(scores), happened)
        if self.threshold is not None:
            cells = np.bincount(2 * happened + (scores >= self.threshold), minlength=4).reshape(2, 2)
            self._counts = (np.array(self._counts) + cells).tolist()
        if self.scale != "label":
            self._add_probabilities(scores if self.scale == "probability" else values.logistics(scores), happened)
        return len(scores)

    def _add_probabilities(self, probabilities: Floats, happened: NDArray[np.bool]) -> None:
        self._calibration.add_all(probabilities, happened)
        self._log_loss.add_all(values.log_losses(np.where(happened, probabilities, 1 - probabilities)))
        self._brier.add_all((probabilities - happened) ** 2)

    def merge(self, other: Self) -> None:
        """Add the other's counts. Raises NotMergeable."""
        mine, others = (self.threshold, self.scale), (other.threshold, other.scale)
        if mine != others:
            raise NotMergeable(f"threshold and scale of the scores: expected {mine}, got {others}")
        for row, more in zip(self._counts, other._counts, strict=True):
            row[:] = [a + b for a, b in zip(row, more, strict=True)]
        for part in ("_ranks", "_calibration", "_log_loss", "_brier"):
            getattr(self, part).merge(getattr(other, part))

    @property
    def n(self) -> int:
        return self._ranks.negatives + self._ranks.positives

    @property
    def ranks(self) -> Ranks:
        return self._ranks

    @property
    def calibration(self) -> Calibration:
        return self._calibration

    def estimates(self) -> dict[str, Estimate]:
        """Every metric by its name.

        accuracy, precision, recall : shares (Wilson's interval) of the table of label against outcome.
        f1 : 2 TP / (2 TP + FP + FN). roc_auc : see `ranks`. calibration_error : see `calibration`.
        log_loss : mean of -log(probability of the outcome); Good 1952, Rational decisions.
        brier : mean of (probability - outcome)²; Brier 1950, Verification of forecasts expressed in terms of
        probability, in the form for two classes (half of his sum over both).
        """
        return {**self._of_labels(), "roc_auc": self._ranks.auc(), **self._of_probabilities()}

    def _of_labels(self) -> dict[str, Estimate]:
        if self.threshold is None:
            note = "not defined: the manifest has no threshold"
            return dict.fromkeys(("accuracy", "precision", "recall", "f1"), undefined(note, self.n))
        (true_negatives, false_positives), (false_negatives, true_positives) = self._counts
        return {
            "accuracy": share(true_negatives + true_positives, self.n),
            **of_class(true_positives, true_positives + false_positives, true_positives + false_negatives),
        }

    def _of_probabilities(self) -> dict[str, Estimate]:
        if self.scale == "label":
            note = "not defined: the scores are labels, not probabilities"
            return dict.fromkeys(("log_loss", "brier", "calibration_error"), undefined(note, self.n))
        rarest = min(self._ranks.negatives, self._ranks.positives)
        return {
            "log_loss": self._log_loss.estimate(rarest),
            "brier": self._brier.estimate(rarest),
            "calibration_error": self._calibration.estimate(),
        }

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "threshold": self.threshold,
            "scale": self.scale,
            "counts": self._counts,
            "ranks": self._ranks.to_json(),
            "calibration": self._calibration.to_json(),
            "log_loss": self._log_loss.to_json(),
            "brier": self._brier.to_json(),
        }

    @classmethod
    def read(cls, document: Document) -> Self:
        """Read the JSON of `to_json`. Raises DocumentInvalid."""
        threshold = None if document.members.get("threshold") is None else document.get("threshold", float)
        binary = cls(threshold, document.one_of("scale", SCALES))
        binary._counts = _table(document)
        binary._ranks = Ranks.read(document.members.get("ranks"), f"{document.path}.ranks")
        binary._calibration = Calibration.read(document, "calibration")
        binary._log_loss, binary._brier = (Mean.read(document.child(key)) for key in ("log_loss", "brier"))
        return binary


def of_class(hits: int, labelled: int, happened: int) -> dict[str, Estimate]:
    """Precision, recall and F1 of one class. hits : true positives. labelled : predicted. happened : actual.

    van Rijsbergen 1979, Information retrieval, chapter 7. With J = TP / (TP + FP + FN), a share (Jaccard's index),
    F1 = 2 J / (1 + J): its interval is Wilson's interval of J, transformed.
    """
    either = labelled + happened - hits
    return {
        "precision": share(hits, labelled, "not defined: no predictions of this class"),
        "recall": share(hits, happened, "not defined: no outcomes of this class"),
        "f1": _f1(hits, either),
    }


def _f1(hits: int, either: int) -> Estimate:
    if not either:
        return undefined("not defined: neither predictions nor outcomes of this class")
    value, low, high = (2 * j / (1 + j) for j in (hits / either, *wilson(hits, either)))
    jaccard = share(hits, either)
    slope = 2 / (1 + hits / either) ** 2
    return Estimate(value, low, high, None if jaccard.error is None else slope * jaccard.error, either)


def _table(document: Document) -> list[list[int]]:
    rows = document.get("counts", list)
    flat = [count for row in rows if isinstance(row, list) for count in row]
    if len(rows) != 2 or len(flat) != 4 or not all(type(count) is int and count >= 0 for count in flat):
        raise DocumentInvalid(f"{document.path}.counts: expected two rows of two counts")
    return [flat[:2], flat[2:]]
