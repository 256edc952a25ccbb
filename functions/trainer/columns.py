"""What a column of a CSV file is as a feature: a number, a boolean, a category; with gaps where fields are empty.

A file is read twice, some thousand rows at a time, as fields take ten times their bytes: for columns, then for values.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from model_store.feature import Feature
from trainer.errors import TrainingRefused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# A text column with more values than this is an identifier, not a category.
MAX_CATEGORIES = 1_000
_BOOLEANS = {"false": 0.0, "true": 1.0}


class TableColumn(NamedTuple):
    """feature : in the manifest. codes : the numbers of fields that are none."""

    feature: Feature
    codes: Mapping[str, float]

    def values(self, fields: Sequence[str]) -> np.ndarray:
        """float32; what it cannot hold becomes infinite, for the caller to refuse. Raises TrainingRefused."""
        codes = self.codes
        try:
            found = [float(codes.get(field, field)) for field in fields] if codes else list(map(float, fields))
        except ValueError:
            raise TrainingRefused(
                f"table: column {self.feature.name!r}: expected a number in every row; leave other columns out, or "
                "train one column of texts"
            ) from None
        with np.errstate(over="ignore"):
            return np.array(found, np.float64).astype(np.float32)


class ColumnSurvey:
    """What was seen in a column: `gap`, whether a field was empty, or NaN; whether there were numbers."""

    def __init__(self, name: str) -> None:
        self._name, self.gap, self.numbers = name, False, False
        self._texts, self._values = set[str](), set[str]()

    def see(self, fields: Sequence[str]) -> None:
        distinct = set(fields)
        distinct.discard("")
        numbers = {field: number for field in distinct if (number := _number(field)) is not None}
        texts = distinct - numbers.keys()
        self.numbers |= bool(numbers)
        self.gap |= "" in fields or any(number != number for number in numbers.values())
        # No more than it takes to see that they are too many.
        for seen, new in ((self._texts, texts), (self._values, distinct)):
            if len(seen) <= MAX_CATEGORIES:
                seen |= new

    def number(self) -> TableColumn:
        """As a number in every row."""
        return TableColumn(Feature(self._name, "float", allow_missing=False), {})

    def mixed(self) -> TableColumn:
        """As what its values suggest. Raises TrainingRefused."""
        if not self._values:
            raise TrainingRefused(f"table: column {self._name!r}: expected values, got empty fields only; leave it out")
        gaps = {"": np.nan} if self.gap else {}
        if not self._texts:
            return TableColumn(Feature(self._name, "float", allow_missing=self.gap), gaps)
        if all(field.lower() in _BOOLEANS for field in self._values):
            codes = {field: _BOOLEANS[field.lower()] for field in self._values}
            return TableColumn(Feature(self._name, "bool", allow_missing=self.gap), codes | gaps)
        self._check_categories()
        categories = tuple(sorted(self._values))
        feature = Feature(self._name, "category", allow_missing=self.gap, categories=categories)
        return TableColumn(feature, {field: float(code) for code, field in enumerate(categories)} | gaps)

    def _check_categories(self) -> None:
        if len(self._texts) <= 2 and self.numbers:
            raise TrainingRefused(
                f"table: column {self._name!r}: expected numbers only, or texts only, got {min(self._texts)!r:.40} "
                "among numbers: an empty field is a missing value"
            )
        if len(self._values) > MAX_CATEGORIES:
            raise TrainingRefused(
                f"table: column {self._name!r}: expected up to {MAX_CATEGORIES} categories, got more; leave it out"
            )


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
