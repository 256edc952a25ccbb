"""Tables from CSV, Parquet and JSON Lines, with the types that their values have."""

import gzip
from collections.abc import Callable, Sequence
from pathlib import Path

import polars as pl
import polars.selectors as cs

from stream_producers import csv_table
from stream_producers.csv_table import CsvFormat
from stream_producers.errors import InputUnreadable
from stream_producers.event import FeatureSpec

SUFFIXES = ".csv, .tsv, .parquet, .jsonl or .ndjson"
_ADVICE = {
    ".xlsx": "save the workbook as CSV UTF-8",
    ".xls": "save the workbook as CSV UTF-8",
    ".json": "write an object a line, as .jsonl (pandas: to_json(…, orient='records', lines=True))",
    ".feather": "write it as Parquet",
    ".pkl": "write it as Parquet",
    ".txt": "name it .csv or .tsv",
}


def read_table(
    path: Path, csv: CsvFormat | None = None, *, note: Callable[[str], None] = lambda text: None
) -> pl.DataFrame:
    """The rows of a .csv, .tsv, .parquet, .jsonl or .ndjson file, in its column order; text may be compressed (.gz).

    In CSV a column is bool where every value is TRUE or FALSE (in any of the usual spellings), integer or float
    where every value is such a number, else text; an empty field is null, and so is a text in `csv.nulls`. Numbers keep
    their value exactly. NaN becomes null in every format; decimals become floats.

    csv : how a CSV is written; its nulls are those of the other formats' texts too.
    note : gets what was left out of the table, in a sentence.

    Raises InputUnreadable, also for infinity, which JSON cannot say.
    """
    try:
        table = _read(path, csv or CsvFormat(), note)
    except (OSError, EOFError, pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise InputUnreadable(f"{path} cannot be read: {error}") from error
    table = table.with_columns(cs.decimal().cast(pl.Float64)).with_columns(cs.float().fill_nan(None))
    _refuse_infinity(table, path)
    return table


def feature_specs(table: pl.DataFrame) -> tuple[FeatureSpec, ...]:
    """What the columns are as features. What a model makes of a missing or an unknown value is not known here."""
    return tuple(FeatureSpec(name, _feature_type(kind), allow_missing=True) for name, kind in table.schema.items())


def _read(path: Path, how: CsvFormat, note: Callable[[str], None]) -> pl.DataFrame:
    name = path.name.lower()
    match Path(name.removesuffix(".gz")).suffix:
        case ".csv" | ".tsv":
            return csv_table.read(path, how, note)
        case ".parquet":
            return _nulled(csv_table.without_index(pl.read_parquet(path), path, note), how.nulls)
        case ".jsonl" | ".ndjson":
            text = gzip.decompress(path.read_bytes()) if name.endswith(".gz") else path
            return _nulled(pl.read_ndjson(text, infer_schema_length=None), how.nulls)
    advice = _ADVICE.get(Path(name.removesuffix(".gz")).suffix)
    raise InputUnreadable(
        f"expected a {SUFFIXES} file, compressed as .gz or not, got {path}" + (f": {advice}" if advice else "")
    )


def _nulled(table: pl.DataFrame, nulls: Sequence[str]) -> pl.DataFrame:
    """Texts that stand for null as null; in CSV they are before it has types."""
    return table.with_columns(pl.when(~cs.string().is_in(list(nulls))).then(cs.string())) if nulls else table


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
