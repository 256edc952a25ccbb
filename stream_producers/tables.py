"""Tables from CSV, Parquet and JSON Lines, with the types that their values have."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
import polars.selectors as cs

from stream_producers.errors import InputUnreadable
from stream_producers.event import FeatureSpec

_BOOLS = {"TRUE": True, "True": True, "true": True, "FALSE": False, "False": False, "false": False}
_INTEGER = r"^(0|-?[1-9][0-9]*)$"
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_CODE = r"^[+-]?0[0-9]"  # 007 and 00501 are names, not numbers


def read_table(path: Path, nulls: Sequence[str] = ()) -> pl.DataFrame:
    """The rows of a .csv, .parquet, .jsonl or .ndjson file, in its column order.

    In CSV a column is bool where every value is TRUE or FALSE (in any of the usual spellings), integer or float
    where every value is such a number, else text; an empty field is null, and so is a text in `nulls`. Numbers keep
    their value exactly. NaN becomes null in every format; decimals become floats.

    Raises InputUnreadable, also for infinity, which JSON cannot say.
    """
    try:
        table = _read(path, nulls)
    except (OSError, pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise InputUnreadable(f"{path} cannot be read: {error}") from error
    table = table.with_columns(cs.decimal().cast(pl.Float64)).with_columns(cs.float().fill_nan(None))
    _refuse_infinity(table, path)
    return table


def feature_specs(table: pl.DataFrame) -> tuple[FeatureSpec, ...]:
    """What the columns are as features. What a model makes of a missing or an unknown value is not known here."""
    return tuple(FeatureSpec(name, _feature_type(kind), allow_missing=True) for name, kind in table.schema.items())


def _read(path: Path, nulls: Sequence[str]) -> pl.DataFrame:
    match path.suffix.lower():
        case ".csv":
            texts = pl.read_csv(path, infer_schema=False, null_values=list(nulls))
            return texts.select(_typed(column) for column in texts)
        case ".parquet":
            return pl.read_parquet(path)
        case ".jsonl" | ".ndjson":
            return pl.read_ndjson(path, infer_schema_length=None)
    raise InputUnreadable(f"expected a .csv, .parquet, .jsonl or .ndjson file, got {path}")


def _typed(column: pl.Series) -> pl.Series:
    values = column.drop_nulls()
    if values.is_empty():
        return column
    if values.is_in(list(_BOOLS)).all():
        return column.replace_strict(_BOOLS, return_dtype=pl.Boolean)
    if values.str.contains(_INTEGER).all():
        return _integers(column)
    if values.str.contains(_NUMBER).all() and not values.str.contains(_CODE).any():
        return column.cast(pl.Float64)
    return column


def _integers(column: pl.Series) -> pl.Series:
    """64 bits, or 128 where they are needed; longer ones are names rather than numbers, and stay text."""
    for kind in (pl.Int64, pl.Int128):
        typed = column.cast(kind, strict=False)
        if typed.null_count() == column.null_count():
            return typed
    return column


def _refuse_infinity(table: pl.DataFrame, path: Path) -> None:
    for column in table.select(cs.float()):
        rows = column.is_infinite().arg_true()
        if rows.len():
            raise InputUnreadable(
                f"{path}: column {column.name}, row {rows[0]} (from 0): expected a finite number; "
                "JSON has no infinity: leave the row or the column out"
            )


def _feature_type(kind: pl.DataType) -> str:
    if kind == pl.Boolean:
        return "bool"
    if kind.is_integer():
        return "int"
    return "float" if kind.is_float() else "category"
