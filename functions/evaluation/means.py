"""The mean of a loss, with its interval: log loss, Brier score, absolute error."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from evaluation.estimates import normal, undefined
from evaluation.exact import ExactSum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self

    from evaluation.estimates import Estimate
    from evaluation.exact import Floats
    from model_store.documents import Document


@dataclass(slots=True)
class Mean:
    """Count, sum and sum of squares of a non-negative value, without rounding."""

    n: int = 0
    total: ExactSum = field(default_factory=ExactSum)
    squares: ExactSum = field(default_factory=ExactSum)

    def add_all(self, values: Floats) -> None:
        self.n += len(values)
        self.total.add_all(values)
        self.squares.add_all(values, values)

    def merge(self, other: Self) -> None:
        self.n += other.n
        self.total.merge(other.total)
        self.squares.merge(other.squares)

    def error(self) -> float:
        """The standard error of the mean: the sample's standard deviation over √n. n is at least 1."""
        total = self.total.value
        spread = (self.squares.value - total * total / self.n) / max(1, self.n - 1)
        return math.sqrt(float(spread / self.n))

    def estimate(self, rarest: int | None = None) -> Estimate:
        """The mean with a normal interval; `rarest` as in `estimates.normal`."""
        if not self.n:
            return undefined("no outcomes")
        return normal(float(self.total.value / self.n), self.error(), self.n, rarest=rarest, bounds=(0.0, math.inf))

    def to_json(self) -> dict[str, Any]:
        return {"n": self.n, "total": self.total.to_json(), "squares": self.squares.to_json()}

    @classmethod
    def read(cls, document: Document) -> Self:
        """Read the JSON of `to_json`. Raises DocumentInvalid."""
        sums = (ExactSum.read(document.members.get(key), f"{document.path}.{key}") for key in ("total", "squares"))
        return cls(document.get("n", int), *sums)
