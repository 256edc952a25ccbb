"""What a label column asks for: classes, or a number."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from millrace.errors import UserError
from millrace.model import column_notes
from millrace.shortened import shortened

TASKS = ("binary", "multiclass", "regression")
# An integer label with more values than this is a quantity, unless --task decides otherwise.
MAX_CLASSES = 20
# A text label with more values than this is an identifier.
MAX_TEXT_CLASSES = 1_000


@dataclass(frozen=True, slots=True)
class Label:
    """The label as numbers, one a row: a class's index in `classes`, or in regression the number itself.

    note : why it is this task where the column alone does not decide; else empty.
    """

    task: str
    values: np.ndarray
    classes: tuple[str, ...] = ()
    note: str = ""


def read(series: pl.Series, task: str | None = None) -> Label:
    """The label of a column without nulls; `task` decides what to make of it, else its values do. Raises UserError."""
    if task not in (None, *TASKS):
        raise UserError(f"--task: expected one of {', '.join(TASKS)}, got {task!r}")
    _refuse_almost_numbers(series)
    # pandas writes 0 and 1 as 0.0 and 1.0 where one is missing.
    whole = _as_integers(series)
    found, note = _task(series.name, whole)
    chosen = task or found
    if chosen == "regression":
        return Label(chosen, _numbers(series), note="" if task else note)
    names, values = _classes(whole, chosen)
    return Label(chosen, values, names, "" if task else note)


def _task(name: str, series: pl.Series) -> tuple[str, str]:
    """The task that the values suggest, and why where that is not plain."""
    if series.dtype.is_float():
        return "regression", ""
    count = series.n_unique()
    if count <= 2:
        return "binary", ""
    if not series.dtype.is_integer():
        return "multiclass", ""
    if count <= MAX_CLASSES:
        return (
            "multiclass",
            f"label {name!r} has {count} whole numbers, one class each: --task regression predicts a number",
        )
    return "regression", f"label {name!r} has {count} different whole numbers: --task multiclass makes each a class"


def _classes(series: pl.Series, task: str) -> tuple[tuple[str, ...], np.ndarray]:
    if series.dtype.is_float():
        raise UserError(
            f"label {series.name!r}: expected classes for --task {task}, got numbers with fractions: leave --task out"
        )
    names = class_names(series)
    if (task == "binary" and len(names) > 2) or (task == "multiclass" and len(names) == 2):
        wanted = "2 values" if task == "binary" else "at least 3 values"
        raise UserError(
            f"label {series.name!r}: expected {wanted} for --task {task}, got {len(names)}: {shortened(names)}; "
            "leave --task out"
        )
    if not series.dtype.is_integer() and len(names) > MAX_TEXT_CLASSES:
        raise UserError(
            f"label {series.name!r}: expected at most {MAX_TEXT_CLASSES} classes, got {len(names)} different texts: "
            "is it the right column?"
        )
    return names, codes_of(series, names)


def check_distinct(series: pl.Series) -> None:
    """Raises UserError for a label of one class, or none: nothing can be measured by it."""
    if (count := series.n_unique()) < 2:
        raise UserError(f"label {series.name!r}: expected at least 2 values, got {count}: add rows of other classes")


def class_names(series: pl.Series) -> tuple[str, ...]:
    """The classes of the label that a model was trained on, by number: sorted. Without nulls. Raises UserError."""
    check_distinct(series)
    return tuple(map(_name, sorted(_as_integers(series).unique())))


def codes_of(series: pl.Series, classes: tuple[str, ...]) -> np.ndarray:
    """The number of each row's class in a model with these classes; without nulls.

    series : the classes by their names, or their numbers. Raises UserError.
    """
    found = sorted(_as_integers(series).unique())
    numbers = {name: code for code, name in enumerate(classes)}
    if all(_name(value) in numbers for value in found):
        codes = {value: numbers[_name(value)] for value in found}
    elif all(not isinstance(value, str) and value in range(len(classes)) for value in found):
        codes = {value: int(value) for value in found}
    else:
        raise UserError(
            f"label {series.name!r}: expected the model's classes, {shortened(classes)}, or their numbers from 0 to "
            f"{len(classes) - 1}, got {shortened(list(map(_name, found)))}; --labels names the classes in the model's "
            "order"
        )
    return np.array([codes[value] for value in series], dtype=np.float32)


def _name(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _numbers(series: pl.Series) -> np.ndarray:
    if not (series.dtype.is_numeric() or series.dtype == pl.Boolean):
        raise UserError(f"label {series.name!r}: expected numbers for regression, got {series.dtype}")
    with np.errstate(over="ignore"):
        numbers: np.ndarray = series.cast(pl.Float64).to_numpy().astype(np.float32)
    if not np.isfinite(numbers).all():
        raise UserError(f"label {series.name!r}: expected finite numbers that float32 can hold")
    return numbers


def _as_integers(series: pl.Series) -> pl.Series:
    """A float column of few whole numbers as integers; any other as it is."""
    if not series.dtype.is_float() or series.n_unique() > MAX_CLASSES:
        return series
    whole = series.is_finite().all() and (series == series.round()).all() and (series.abs() < 2**53).all()
    return series.cast(pl.Int64) if whole else series


def _refuse_almost_numbers(series: pl.Series) -> None:
    """Numbers with a text such as NA among them: a class of its own would be made of what is no label."""
    if series.dtype != pl.String:
        return
    texts = series.filter(series.cast(pl.Float64, strict=False).is_null()).unique()
    if 0 < len(texts) < series.n_unique() and len(texts) <= 2:
        remedy = "if they are classes, write all of them as texts"
        if series.n_unique() - len(texts) > 1:  # what would be left is a label
            remedy = f"{column_notes.read_as_missing(sorted(texts))}; {remedy}"
        raise UserError(
            f"label {series.name!r}: expected numbers only, or texts only, got {', '.join(map(repr, sorted(texts)))} "
            f"among numbers: {remedy}"
        )
