"""A labelled table as a matrix, and what its columns say of the model's features."""

import math
import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import replace
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from millrace.errors import UserError
from millrace.model import column_notes
from millrace.model import label as label_column
from millrace.model.missing_values import MissingValues
from model_store.feature import UNKNOWN_CATEGORY_RULES, Feature
from records.faults import Code, Unfit
from scoring.validate import converter

# A text column with more values than this is an identifier, not a category.
MAX_CATEGORIES = 1_000
MISSING_RULES = ("seen", "always")


@dataclass(frozen=True, slots=True)
class LabelledTable:
    """Features as a float32 matrix (rows × features, NaN for missing), and one label a row.

    unlabelled : rows that were left out, since they have no label.
    notes : what a person should look over, a sentence each.
    """

    features: tuple[Feature, ...]
    matrix: np.ndarray
    label: np.ndarray
    classes: tuple[str, ...]
    task: str
    label_name: str
    unlabelled: int = 0
    notes: tuple[str, ...] = ()


def labelled(
    frame: pl.DataFrame,
    label: str,
    *,
    missing: str = "seen",
    drop: Sequence[str] = (),
    task: str | None = None,
    unknown_category: str = "refuse",
    missing_values: Sequence[str] = (),
) -> LabelledTable:
    """The table of a frame.

    missing : `seen` allows a missing value where a column has one, `always` everywhere.
    drop : columns that are no features (identifiers, times).
    task : binary, multiclass or regression; what the label's values suggest where it is None.
    unknown_category : what the scorer does with a category that the column does not have, `refuse` or `missing`.
    missing_values : what counts as missing in addition to null, as MissingValues.parse reads it.

    Raises UserError.
    """
    if missing not in MISSING_RULES:
        raise UserError(f"--missing: expected one of {', '.join(MISSING_RULES)}, got {missing!r}")
    if unknown_category not in UNKNOWN_CATEGORY_RULES:
        raise UserError(
            f"--unknown-category: expected one of {', '.join(UNKNOWN_CATEGORY_RULES)}, got {unknown_category!r}"
        )
    check_columns(frame, (label, *drop))
    check_label_is_kept(label, drop)
    names = [name for name in frame.columns if name not in (label, *drop)]
    if not names:
        raise UserError(f"expected at least one feature in addition to the label {label!r}, got none")
    if frame.is_empty():
        raise UserError("the table: expected at least one row, got none")
    # Rows without a label are replayed too: what is missing or a category in them is no fault.
    gaps = MissingValues.parse(missing_values, names)
    columns = [gaps.nulled(frame[name]) for name in names]
    features = gaps.apply([_with_rule(feature, unknown_category) for feature in _features_of(columns, missing)])
    rows = frame.height
    frame = frame.filter(pl.col(label).is_not_null())
    labelled_columns = {name: frame[name] for name in names}
    found = label_column.read(frame[label], task)
    matrix = matrix_of(labelled_columns, features)
    notes = ([found.note] if found.note else []) + list(column_notes.notes(list(labelled_columns.values())))
    return LabelledTable(
        features, matrix, found.values, found.classes, found.task, label, rows - frame.height, tuple(notes)
    )


def check_label_is_kept(label: str | None, drop: Iterable[str]) -> None:
    """Raises UserError for a label that is also dropped."""
    if label and label in drop:
        raise UserError(
            f"--drop {shlex.quote(label)}: expected a column that is not the label: leave the option out, or name "
            "another label with --label"
        )


def check_columns(frame: pl.DataFrame, named: Iterable[str]) -> None:
    """Raises UserError for a column that options named and the table does not have."""
    for column in named:
        if column not in frame.columns:
            names = (name if name and name == name.strip() else repr(name) for name in frame.columns)
            raise UserError(f"column {column!r}: expected one of {', '.join(names)}")


def _features_of(columns: Iterable[pl.Series], missing: str) -> list[Feature]:
    """What the columns are as features. Raises UserError with every column that is none, so that one look suffices."""
    found, faults = list[Feature](), list[str]()
    for column in columns:
        try:
            found.append(feature_of(column, missing))
        except UserError as error:
            faults.append(str(error))
    if faults:
        raise UserError("; ".join([*faults, *([] if found else ["a model needs another column, as a feature"])]))
    return found


def _with_rule(feature: Feature, unknown_category: str) -> Feature:
    """The feature with the rule for unknown categories, where it has any: as missing, they must be allowed to be."""
    if feature.type != "category" or unknown_category == "refuse":
        return feature
    return replace(feature, unknown_category=unknown_category, allow_missing=True)


def matrix_of(columns: Mapping[str, pl.Series], features: Sequence[Feature]) -> np.ndarray:
    """The columns as a float32 matrix, in the features' order. Raises UserError."""
    matrix = np.column_stack([encode(columns[feature.name], feature) for feature in features])
    for feature, column in zip(features, matrix.T, strict=True):
        if np.isinf(column).any():
            raise UserError(
                f"column {feature.name!r}: expected numbers that float32 can hold: "
                f"{column_notes.leave_out(feature.name)}"
            )
    return matrix


def encode(series: pl.Series, feature: Feature) -> np.ndarray:
    """One column of the matrix, float32, as the scorer encodes the same values in events.

    An unknown category is NaN. Raises UserError for a value that the scorer would quarantine as one of a wrong type.
    """
    if _TYPES[feature.type](series.dtype):
        column = _float32(series.cast(pl.Float64).fill_null(float("nan")))
        missing = np.isin(column, np.array(feature.missing_codes, np.float32))
        return np.where(missing, np.float32(np.nan), column)
    if series.dtype in (pl.Categorical, pl.Enum):
        series = series.cast(pl.String)
    if series.dtype.is_float():
        series = series.fill_nan(None)
    values = series.unique().drop_nulls()
    numbers = [_number(value, feature) for value in values]
    encoded = series.replace_strict(values, pl.Series(numbers, dtype=pl.Float64), default=None, return_dtype=pl.Float64)
    return _float32(encoded.fill_null(float("nan")))


# The columns that are numbers already, as the scorer makes them of events; others are converted value by value.
_TYPES: dict[str, Callable[[pl.DataType], bool]] = {
    "float": lambda kind: kind.is_numeric(),
    "int": lambda kind: kind.is_integer(),
    "bool": lambda kind: kind == pl.Boolean,
    "category": lambda kind: False,
}


def _number(value: Any, feature: Feature) -> float:
    """A value of a column as the scorer converts it. Raises UserError."""
    try:
        return converter(feature)(value)
    except Unfit as unfit:
        if unfit.code in (Code.UNKNOWN_CATEGORY, Code.MISSING_FEATURE):
            return math.nan
        hint = ": set its accept_text in a list of the features (--features)" if _is_text(value, feature) else ""
        raise UserError(f"column {feature.name!r}: {unfit.detail}, got {value!r:.40}{hint}") from None


def _is_text(value: Any, feature: Feature) -> bool:
    """Whether a feature that accepts text has this value."""
    try:
        converter(replace(feature, accept_text=True))(value)
    except Unfit:
        return False
    return True


def _float32(series: pl.Series) -> np.ndarray:
    """As float32; what it cannot hold becomes infinite, for the caller to refuse."""
    with np.errstate(over="ignore"):
        return series.to_numpy().astype(np.float32)


def feature_of(series: pl.Series, missing: str) -> Feature:
    """What a column is as a feature; `missing` as in `labelled`. Raises UserError."""
    gaps = series.null_count() > 0 or (series.dtype.is_float() and series.is_nan().any())
    allowed = missing == "always" or gaps
    if series.dtype == pl.Boolean:
        return Feature(series.name, "bool", allow_missing=allowed)
    if series.dtype.is_integer():
        return Feature(series.name, "int", allow_missing=allowed)
    if series.dtype.is_numeric():
        return Feature(series.name, "float", allow_missing=allowed)
    if series.dtype in (pl.String, pl.Categorical, pl.Enum):
        categories = sorted(str(value) for value in series.drop_nulls().unique())
        if 0 < len(categories) <= MAX_CATEGORIES:
            return Feature(series.name, "category", allow_missing=allowed, categories=tuple(categories))
        raise UserError(
            f"column {series.name!r}: expected 1 to {MAX_CATEGORIES} categories, got {len(categories)}: "
            f"{column_notes.leave_out(series.name)}"
        )
    raise UserError(
        f"column {series.name!r}: expected numbers, booleans or text, got {series.dtype}: "
        f"{column_notes.leave_out(series.name)}"
    )
