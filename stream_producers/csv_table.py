"""CSV and TSV, compressed with gzip or not, to typed columns."""

import codecs
import csv
import gzip
import io
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import polars as pl

from records.categories import BOOLEANS
from stream_producers.errors import InputUnreadable

SEPARATORS = (",", ";", "\t", "|")
_INTEGER = r"^(0|-?[1-9][0-9]*)$"
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_WITH_COMMA = r"^[+-]?[0-9]*,[0-9]+([eE][+-]?[0-9]+)?$"
_CODE = r"^[+-]?0[0-9]"  # 007 and 00501 are names, not numbers
_GZIP = b"\x1f\x8b"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_TYPED_TABS = ("\\t", "tab")
_NO_SEPARATORS = '"\n\r\0'
# What is often called .csv and is none, by its first bytes.
_OTHERS = {
    b"PK\x03\x04": "an Excel workbook: save it as CSV UTF-8",
    b"\xd0\xcf\x11\xe0": "an Excel workbook: save it as CSV UTF-8",
    b"PAR1": "Parquet: name it .parquet",
}
Source = Path | bytes


@dataclass(frozen=True, slots=True)
class CsvFormat:
    """How a CSV is written.

    nulls : texts that stand for null, in addition to the empty field.
    separator : one character; where it is None, the one that the header is written with.
    decimal_comma : whether 0,5 is a number; None: a column of such texts is refused, since it may be either.
    """

    nulls: Sequence[str] = ()
    separator: str | None = None
    decimal_comma: bool | None = None


def read(path: Path, how: CsvFormat, note: Callable[[str], None]) -> pl.DataFrame:
    """The columns with their types. `note` gets what was left out.

    Raises InputUnreadable, and what opening the file raises.
    """
    separator = "\t" if how.separator in _TYPED_TABS else how.separator
    if separator is not None and (len(separator.encode()) != 1 or separator in _NO_SEPARATORS):
        raise InputUnreadable(
            f"separator: expected one ASCII character, or tab, and neither a quote nor the end of a line, "
            f"got {how.separator!r}"
        )
    try:
        return without_index(_columns(path, how, separator), path, note)
    except UnicodeDecodeError:
        name = shlex.quote(str(path))
        plain = f"gunzip -c {name} |" if _start(path).startswith(_GZIP) else f"<{name}"
        raise InputUnreadable(
            f"{path} cannot be read: expected text in UTF-8 or UTF-16: save it as CSV UTF-8, or run "
            f"{plain} iconv -f WINDOWS-1252 -t UTF-8 >utf8.csv"
        ) from None


def _columns(path: Path, how: CsvFormat, separator: str | None) -> pl.DataFrame:
    source = _source(path)
    separator = separator or _separator(path, source)
    header = _header(source, separator)
    if not header:
        raise InputUnreadable(f"{path} cannot be read: expected a header, got an empty file")
    _check_names(header, path)
    try:
        texts = pl.read_csv(source, infer_schema=False, null_values=list(how.nulls), separator=separator)
    except pl.exceptions.PolarsError:
        _check_encoding(source)
        raise InputUnreadable(
            f"{path} cannot be read: expected {len(header)} fields in each row, as in the header, separated by "
            f"{separator!r}, and quotes that end: name another separator with --separator"
        ) from None
    # Polars leaves the quotes in a name doubled.
    texts.columns = header if len(header) == texts.width else texts.columns
    return texts.select(_typed(column, how.decimal_comma) for column in texts)


def without_index(table: pl.DataFrame, path: Path, note: Callable[[str], None]) -> pl.DataFrame:
    """The table without the row numbers that pandas writes as a column without a name."""
    for name in ("", "__index_level_0__"):
        if name not in table.columns:
            continue
        if table[name].dtype.is_integer() and table[name].to_list() == list(range(table.height)):
            at = table.columns.index(name) + 1
            note(f"column {at} has no name and numbers the rows, as pandas writes it: left out")
            table = table.drop(name)
        elif name == "" and table[name].null_count() == table.height:
            note(f"column {table.columns.index(name) + 1} has no name and no values: left out")
            table = table.drop(name)
        elif name == "":
            raise InputUnreadable(f"{path}: column {table.columns.index(name) + 1}: expected a name in the header")
    return table


def _start(path: Path) -> bytes:
    """The first bytes of a file, by which its kind is known."""
    with path.open("rb") as file:
        return file.read(4)


def _source(path: Path) -> Source:
    """The file where it is UTF-8 as it is; its text in UTF-8 where it is compressed or in UTF-16, whatever its name."""
    start = _start(path)
    if start in _OTHERS:
        raise InputUnreadable(f"{path} cannot be read: expected CSV, got {_OTHERS[start]}")
    if not start.startswith((_GZIP, *_UTF_16)):
        return path
    data = path.read_bytes()
    if start.startswith(_GZIP):
        data = gzip.decompress(data)
    return data.decode("utf-16").encode() if data.startswith(_UTF_16) else data


def _open(source: Source) -> IO[str]:
    file = io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
    return io.TextIOWrapper(file, encoding="utf-8-sig", newline="")


def _check_encoding(source: Source) -> None:
    """Raises UnicodeDecodeError where the text is not UTF-8."""
    with _open(source) as file:
        for _ in file:
            pass


def _separator(path: Path, source: Source) -> str:
    """The separator that splits the header; a comma where none does. Tabs in a .tsv."""
    if ".tsv" in path.suffixes or ".TSV" in path.suffixes:
        return "\t"
    with _open(source) as file:
        line = file.readline()
    counts = {separator: len(next(csv.reader([line], delimiter=separator), [])) for separator in SEPARATORS}
    return "," if counts[","] > 1 else max(SEPARATORS, key=lambda separator: counts[separator])


def _header(source: Source, separator: str) -> list[str]:
    with _open(source) as file:
        return next(csv.reader(file, delimiter=separator), [])


def _check_names(header: Sequence[str], path: Path) -> None:
    """Two columns of one name would be one feature, with a value from either."""
    for name in header:
        if header.count(name) > 1:
            raise InputUnreadable(f"{path}: column {name!r}: expected each name once in the header, got it again")


def _typed(column: pl.Series, decimal_comma: bool | None) -> pl.Series:
    values = column.drop_nulls()
    if values.is_empty():
        return column
    if values.is_in(list(BOOLEANS)).all():
        return column.replace_strict(BOOLEANS, return_dtype=pl.Boolean)
    if values.str.contains(_INTEGER).all():
        return _integers(column)
    if decimal_comma is not False and values.str.contains(f"{_WITH_COMMA}|{_INTEGER}").all():
        if decimal_comma is None:
            example = values.filter(values.str.contains(_WITH_COMMA))[0]
            raise InputUnreadable(
                f"column {column.name!r}: expected numbers or text, got {example!r}, which may be either: "
                "add --decimal-comma where it is a number, --no-decimal-comma where it is text"
            )
        return column.str.replace(",", ".", literal=True).cast(pl.Float64)
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
