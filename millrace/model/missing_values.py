"""`--missing-value`: what counts as missing in a table or for a model, in addition to null."""

from collections.abc import Iterable, Mapping, Sequence
from copy import replace
from dataclasses import dataclass

import polars as pl

from millrace.errors import UserError
from model_store.feature import Feature
from scoring.features import as_float32

LARGEST = 3.4028235e38  # of float32
_BOOLEANS = {"true": True, "false": False, "1": True, "0": False}


@dataclass(frozen=True, slots=True)
class MissingValues:
    """Values by the option's text. `everywhere` is for all features, `by_feature` for those named."""

    everywhere: tuple[str, ...] = ()
    by_feature: Mapping[str, tuple[str, ...]] | None = None

    @classmethod
    def parse(cls, texts: Iterable[str], names: Sequence[str]) -> "MissingValues":
        """From `value` for all features, or `feature=value`, where `names` are the features. Raises UserError."""
        everywhere, by_feature = list[str](), dict[str, tuple[str, ...]]()
        for text in texts:
            owner = max((name for name in names if text.startswith(f"{name}=")), key=len, default=None)
            if owner is not None:
                by_feature[owner] = (*by_feature.get(owner, ()), text[len(owner) + 1 :])
            elif "=" in text:
                raise UserError(f"--missing-value {text}: expected feature=value with one of {', '.join(names)}")
            else:
                everywhere.append(text)
        return cls(tuple(everywhere), by_feature)

    def nulled(self, series: pl.Series) -> pl.Series:
        """The column with null in place of the values, so that its type and its gaps are those of the rest."""
        for text in (*self.everywhere, *self._own(series.name)):
            series = series.to_frame().select(pl.when(~_found(series, text)).then(pl.col(series.name))).to_series()
        return series

    def apply(self, features: Sequence[Feature], *, codes: bool = False) -> tuple[Feature, ...]:
        """The features with their missing values.

        codes : a number for all features is XGBoost's `missing`, which is compared with the code of a category.
        Raises UserError for a value that its feature cannot have, or that no feature can.
        """
        given = [(feature, self._values(feature, codes)) for feature in features]
        for text in self.everywhere:
            if not any(value_of(feature, text, codes) is not None for feature in features):
                raise UserError(f"--missing-value {text}: expected a value that a feature can have")
        return tuple(
            replace(feature, missing_values=tuple(dict.fromkeys((*feature.missing_values, *values))))
            for feature, values in given
        )

    def _own(self, name: str) -> tuple[str, ...]:
        return (self.by_feature or {}).get(name, ())

    def _values(self, feature: Feature, codes: bool) -> list[float | str]:
        found = [value_of(feature, text, codes) for text in self.everywhere]
        for text in self._own(feature.name):
            value = value_of(feature, text)
            if value is None:
                raise UserError(f"--missing-value {feature.name}={text}: expected a value of type {feature.type}")
            found.append(value)
        return [value for value in found if value is not None]


def value_of(feature: Feature, text: str, codes: bool = False) -> float | str | None:
    """What the text means for a feature; None where it cannot have such a value."""
    if feature.type == "category":
        code = _number(text) if codes else None
        if code is not None and 0 <= code < len(feature.categories) and float(code).is_integer():
            return feature.categories[int(code)]
        return text
    return _BOOLEANS.get(text.lower()) if feature.type == "bool" else _number(text)


def _number(text: str) -> float | None:
    """An integer or a float that float32 can hold."""
    try:
        number: float = int(text) if text.lstrip("+-").isdigit() else float(text)
        return number if abs(number) <= LARGEST else None
    except (ValueError, OverflowError):
        return None


def _found(series: pl.Series, text: str) -> pl.Series:
    """Where a column has the value that a text means for its type. Numbers are compared as float32, as XGBoost does."""
    nowhere = pl.repeat(False, len(series), eager=True)
    if series.dtype in (pl.String, pl.Categorical, pl.Enum):
        found = series.cast(pl.String) == text
    elif series.dtype == pl.Boolean:
        found = series == _BOOLEANS[text.lower()] if text.lower() in _BOOLEANS else nowhere
    else:
        number = _number(text) if series.dtype.is_numeric() else None
        found = nowhere if number is None else series.cast(pl.Float32, strict=False) == as_float32(number)
    return found.fill_null(False)
