"""A table's columns with the types that a model reads."""

import polars as pl

from millrace.errors import UserError
from model_store.feature import FEATURE_TYPES, Feature
from records.categories import BOOLEANS, CategoryCodes

TEXTS = (pl.String, pl.Categorical, pl.Enum)


def conformed(column: pl.Series, feature: Feature) -> pl.Series:
    """The column with the feature's type, where no value changes by that: pandas writes 1 as 1.0, and true as 1.

    Raises UserError for texts that are no numbers or booleans: every event with one would be quarantined.
    """
    if feature.type == "category":
        return _category(column)
    if feature.type not in FEATURE_TYPES:
        return column.cast(pl.String)
    if column.dtype in TEXTS:
        column = _from_text(column.cast(pl.String), feature)
    if feature.type == "bool" and column.dtype.is_numeric() and _zeros_and_ones(column):
        return column.cast(pl.Boolean)
    return _whole(column) if feature.type == "int" else column


def unfit(column: pl.Series, feature: Feature) -> str:
    """Which of a conformed column's values will be quarantined, in a sentence; empty if none."""
    if column.null_count() and not feature.allow_missing:
        return f"column {feature.name!r}: {column.null_count():,} without a value, which the model requires"
    if feature.type != "category" or feature.unknown_category == "missing":
        return ""
    known = CategoryCodes([*feature.categories, *(str(value) for value in feature.missing_values)])
    counts = column.drop_nulls().alias("value").value_counts(name="rows")
    unknown = [(value, rows) for value, rows in counts.iter_rows() if not known.has(value)]
    if not unknown:
        return ""
    example = min(str(value) for value, _ in unknown)
    return (
        f"column {feature.name!r}: {sum(rows for _, rows in unknown):,} with a category that the model does not "
        f"know, such as {example!r}; `millrace model train --unknown-category missing` reads it as missing"
    )


def _category(column: pl.Series) -> pl.Series:
    if column.dtype in TEXTS:
        return column
    return _whole(column).cast(pl.String)


def _whole(column: pl.Series) -> pl.Series:
    """A float column of whole numbers as integers; any other as it is. One that 64 bits cannot hold is not lost."""
    if not column.dtype.is_float():
        return column
    whole = column.cast(pl.Int64, strict=False)
    return whole if whole.null_count() == column.null_count() and (whole == column).all() else column


def _from_text(texts: pl.Series, feature: Feature) -> pl.Series:
    """Texts as numbers or booleans. Raises UserError."""
    for typed in (_booleans(texts), _numbers(texts, pl.Int64), _numbers(texts, pl.Float64)):
        fits = feature.type != "bool" or typed.dtype == pl.Boolean or _zeros_and_ones(typed)
        if typed.null_count() == texts.null_count() and fits:
            return typed
    values = texts.drop_nulls()
    odd = values.filter(values.cast(pl.Float64, strict=False).is_null())
    example = (odd if len(odd) else values)[0]
    wanted = "true and false" if feature.type == "bool" else "numbers"
    raise UserError(
        f"column {feature.name!r}: expected {wanted}, which the model reads there, got {example!r}: "
        "--null names a text that stands for a missing value"
    )


def _zeros_and_ones(numbers: pl.Series) -> bool:
    return bool(((numbers == 0) | (numbers == 1)).all())


def _booleans(texts: pl.Series) -> pl.Series:
    return texts.replace_strict(BOOLEANS, default=None, return_dtype=pl.Boolean)


def _numbers(texts: pl.Series, kind: type[pl.DataType]) -> pl.Series:
    """The texts that are finite numbers; null for the others."""
    numbers = texts.cast(kind, strict=False)
    return numbers.set(~numbers.is_finite(), None) if kind == pl.Float64 else numbers
