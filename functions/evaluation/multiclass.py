"""Quality of a multiclass classifier, from a probability for each class."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable

import numpy as np

from evaluation import values
from evaluation.binary import of_class
from evaluation.calibration import Calibration
from evaluation.errors import NotMergeable
from evaluation.estimates import average, normal, share, undefined
from evaluation.means import Mean
from evaluation.ranks import Ranks
from model_store.errors import DocumentInvalid

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

    from evaluation.estimates import Estimate
    from evaluation.exact import Floats
    from model_store.documents import Document

# With more classes there is no ROC AUC: each class has its own histogram, up to 100 kB of JSON.
MAX_RANKED_CLASSES = 32

# Numerator and denominator of a ratio of one class, from its hits (true positives), labels and outcomes.
Ratio = Callable[[int, int, int], tuple[int, int]]
RATIOS: dict[str, tuple[Ratio, tuple[int, int, int], tuple[int, int, int]]] = {
    # name: the ratio; the changes of numerator, and of denominator, by one more hit, label, outcome
    "precision": (lambda hits, labelled, happened: (hits, labelled), (1, 0, 0), (0, 1, 0)),
    "recall": (lambda hits, labelled, happened: (hits, happened), (1, 0, 0), (0, 0, 1)),
    "f1": (lambda hits, labelled, happened: (2 * hits, labelled + happened), (2, 0, 0), (0, 1, 1)),
}


class Multiclass:
    """Counts outcomes of a multiclass model."""

    kind = "multiclass"

    def __init__(self, classes: int) -> None:
        self.classes = classes
        self._counts: Counter[tuple[int, int]] = Counter()  # by outcome and label
        self._ranks = [Ranks() for _ in range(classes if classes <= MAX_RANKED_CLASSES else 0)]
        self._calibration, self._log_loss, self._brier = Calibration(), Mean(), Mean()

    def add_all(self, scores: Floats, outcomes: Floats) -> int:
        """Count predictions (a row of probabilities each) with their outcomes' classes; returns how many are valid."""
        valid = values.are_probabilities(scores).all(axis=1) & values.are_classes(outcomes, self.classes)
        scores, happened = scores[valid], outcomes[valid].astype(np.int64)
        rows, labels = np.arange(len(scores)), scores.argmax(axis=1)  # as scoring.predictions.label_of
        cells, counts = np.unique(happened * self.classes + labels, return_counts=True)
        for cell, count in zip(cells.tolist(), counts.tolist(), strict=True):
            self._counts[divmod(cell, self.classes)] += count
        self._calibration.add_all(scores[rows, labels], labels == happened)
        self._log_loss.add_all(values.log_losses(scores[rows, happened]))
        squares = np.zeros(len(scores))
        for i in range(self.classes):
            squares += (scores[:, i] - (happened == i)) ** 2
        self._brier.add_all(squares)
        for i, ranks in enumerate(self._ranks):
            ranks.add_all(values.logits(scores[:, i]), happened == i)
        return len(scores)

    def merge(self, other: Self) -> None:
        """Add the other's counts. Raises NotMergeable."""
        if self.classes != other.classes:
            raise NotMergeable(f"classes: expected {self.classes}, got {other.classes}")
        self._counts.update(other._counts)
        for mine, others in zip(self._ranks, other._ranks, strict=True):
            mine.merge(others)
        for part in ("_calibration", "_log_loss", "_brier"):
            getattr(self, part).merge(getattr(other, part))

    @property
    def n(self) -> int:
        return self._counts.total()

    @property
    def calibration(self) -> Calibration:
        """The calibration of the top class: its probability, and how often it was the outcome (Guo et al. 2017)."""
        return self._calibration

    def estimates(self) -> dict[str, Estimate]:
        """Every metric by its name; those of single classes are in `by_class`.

        accuracy : share of outcomes that were the label. macro_... : the unweighted mean over the classes that occur as
        label or outcome; a ratio with denominator 0 counts as 0, as in scikit-learn. macro_roc_auc : each class against
        all others (Provost and Domingos 2000, without weights), the mean over the classes for which it is defined.
        log_loss : mean of -log(probability of the outcome). brier : mean of the sum over all classes of
        (probability - outcome)², 0 to 2; Brier 1950.
        """
        hits = sum(count for (happened, label), count in self._counts.items() if happened == label)
        return {
            "accuracy": share(hits, self.n),
            **{f"macro_{name}": self._macro(name) for name in RATIOS},
            "macro_roc_auc": self._macro_auc(),
            "log_loss": self._log_loss.estimate(),
            "brier": self._brier.estimate(),
            "calibration_error": self._calibration.estimate(),
        }

    def by_class(self) -> list[dict[str, Estimate]]:
        """Precision, recall, F1 and (up to 32 classes) ROC AUC of each class against all others."""
        found = [of_class(*margins) for margins in self._margins()]
        return [
            {**ratios, "roc_auc": self._ranks[i].auc()} if self._ranks else {**ratios} for i, ratios in enumerate(found)
        ]

    def _margins(self) -> list[tuple[int, int, int]]:
        """For each class: hits, times it was the label, times it was the outcome."""
        labelled, happened = Counter[int](), Counter[int]()
        for (outcome, label), count in self._counts.items():
            labelled[label] += count
            happened[outcome] += count
        return [(self._counts[i, i], labelled[i], happened[i]) for i in range(self.classes)]

    def _macro(self, name: str) -> Estimate:
        """The mean of a ratio over classes, with the delta method on the table of label against outcome.

        Takahashi, Yamamoto, Kuchiba and Koyama 2022, Confidence interval for micro-averaged F1 and macro-averaged F1
        scores. One more outcome changes the mean by the gradient at its cell; the variance is that of the gradient over
        the outcomes.
        """
        margins = self._margins()
        seen = [i for i, (_, labelled, happened) in enumerate(margins) if labelled or happened]
        if not seen:
            return undefined("no outcomes")
        ratio, of_top, of_bottom = RATIOS[name]
        gradients, total = {}, 0.0
        for i in seen:
            top, bottom = ratio(*margins[i])
            if bottom:
                total += top / bottom
                gradients[i] = [(t * bottom - top * b) / bottom**2 for t, b in zip(of_top, of_bottom, strict=True)]
        nothing = [0.0, 0.0, 0.0]
        moments = [0.0, 0.0]
        for (happened, label), count in sorted(self._counts.items()):  # one order, one rounding
            slope = gradients.get(label, nothing)[1] + gradients.get(happened, nothing)[2]
            slope += gradients.get(label, nothing)[0] if label == happened else 0.0
            moments[0] += count * slope
            moments[1] += count * slope**2
        variance = max(0.0, moments[1] - moments[0] ** 2 / self.n) / len(seen) ** 2
        return normal(total / len(seen), math.sqrt(variance), self.n, bounds=(0.0, 1.0))

    def _macro_auc(self) -> Estimate:
        if not self._ranks:
            return undefined(f"not measured for more than {MAX_RANKED_CLASSES} classes", self.n)
        return average([ranks.auc() for ranks in self._ranks], self.n)

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": self.kind,
            "classes": self.classes,
            "counts": [[*cell, self._counts[cell]] for cell in sorted(self._counts)],
            "ranks": [ranks.to_json() for ranks in self._ranks],
            "calibration": self._calibration.to_json(),
            "log_loss": self._log_loss.to_json(),
            "brier": self._brier.to_json(),
        }

    @classmethod
    def read(cls, document: Document) -> Self:
        """Read the JSON of `to_json`. Raises DocumentInvalid."""
        found = cls(document.get("classes", int))
        for i, row in enumerate(document.get("counts", list)):
            if not isinstance(row, list) or len(row) != 3 or not all(type(v) is int and v >= 0 for v in row):
                raise DocumentInvalid(f"{document.path}.counts[{i}]: expected outcome, label and count")
            if max(row[:2]) >= found.classes:
                raise DocumentInvalid(f"{document.path}.counts[{i}]: expected classes below {found.classes}")
            found._counts[row[0], row[1]] += row[2]
        stored = document.get("ranks", list)
        if len(stored) != len(found._ranks):
            raise DocumentInvalid(f"{document.path}.ranks: expected {len(found._ranks)}, got {len(stored)}")
        found._ranks = [Ranks.read(ranks, f"{document.path}.ranks[{i}]") for i, ranks in enumerate(stored)]
        found._calibration = Calibration.read(document, "calibration")
        found._log_loss, found._brier = (Mean.read(document.child(key)) for key in ("log_loss", "brier"))
        return found
