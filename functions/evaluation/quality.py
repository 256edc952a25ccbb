"""Model quality: an accumulator for each kind of model, and the share of predictions with an outcome.

There is one accumulator for each model version, variant and hour; the metrics of a day, or of all hours since a
release, are those of the merged accumulator. They measure only the predictions *that have an outcome*: check
`Coverage`, and whether some predictions are more likely to get an outcome than others.
"""

from __future__ import annotations

from dataclasses import dataclass

from evaluation.binary import Binary
from evaluation.errors import EvaluationError
from evaluation.estimates import share
from evaluation.multiclass import Multiclass
from evaluation.regression import Regression

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

    from evaluation.estimates import Estimate
    from model_store.documents import Document
    from model_store.manifest import Manifest

type Quality = Binary | Multiclass | Regression

KINDS: dict[str, type[Binary] | type[Multiclass] | type[Regression]] = {
    kind.kind: kind for kind in (Binary, Multiclass, Regression)
}
SCALES = {"binary:logistic": "probability", "binary:logitraw": "logit", "binary:hinge": "label"}


class NoQuality(EvaluationError):
    """No metric is defined for such a model."""


def quality_of(manifest: Manifest) -> Quality:
    """An empty accumulator for the model's predictions.

    Raises NoQuality for rankings: their metrics compare the events of one query, and an event does not name its query.
    """
    output = manifest.output
    if manifest.task == "binary":
        return Binary(output.threshold, SCALES.get(manifest.objective or "", "probability"))
    if manifest.task == "multiclass":
        return Multiclass(output.width)
    if manifest.task == "regression":
        return Regression()
    raise NoQuality(f"model for {manifest.task}: expected one of {', '.join(KINDS)}")


def read_quality(document: Document) -> Quality:
    """Read the JSON of an accumulator's `to_json`. Raises DocumentInvalid."""
    return KINDS[document.one_of("kind", tuple(KINDS))].read(document)


@dataclass(slots=True)
class Coverage:
    """How many of the predictions have an outcome so far. Duplicate outcomes count once: see `outcomes.join`."""

    predictions: int = 0
    outcomes: int = 0

    def merge(self, other: Self) -> None:
        self.predictions += other.predictions
        self.outcomes += other.outcomes

    def estimate(self) -> Estimate:
        return share(self.outcomes, self.predictions, "no predictions")

    def to_json(self) -> dict[str, Any]:
        return {"predictions": self.predictions, "outcomes": self.outcomes}

    @classmethod
    def read(cls, document: Document) -> Self:
        return cls(document.get("predictions", int), document.get("outcomes", int))
