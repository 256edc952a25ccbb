"""What in a table's columns is most likely not what was meant: a sentence each, with the option that changes it."""

import shlex
from collections.abc import Iterator, Sequence

import polars as pl

# float32 has each whole number up to this one.
EXACT = 1 << 24
_FEW_ROWS = 20  # below, every text may well be a different one
_STAND_INS = 5  # texts among numbers that may stand for a missing value
# Texts that stand for a missing value in what pandas, R, SQL and spreadsheets write.
_NULLS = ("#N/A", "-", "?", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null")
_DATE = r"^([0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([ T].*)?|[0-9]{1,2}[./][0-9]{1,2}[./][0-9]{2,4}( .*)?)$"


def notes(columns: Sequence[pl.Series]) -> Iterator[str]:
    """The sentences on these columns, in their order."""
    for column in columns:
        if column.dtype.is_integer():
            yield from _inexact(column)
        elif column.dtype == pl.String:
            yield from _text(column)


def leave_out(name: str) -> str:
    """What a person does about a column that is no feature, as it is typed."""
    return f"leave it out with --drop {shlex.quote(name)}"


def _inexact(column: pl.Series) -> Iterator[str]:
    values = column.drop_nulls()
    if not len(values) or int(values.cast(pl.Float64).abs().max()) <= EXACT:  # type: ignore[arg-type]
        return
    before, after = values.n_unique(), values.cast(pl.Float64).cast(pl.Float32).n_unique()
    if after < before:
        yield (
            f"column {column.name!r} has {before:,} different whole numbers, {after:,} as the float32 "
            f"of a model: if it is an identifier, {leave_out(column.name)}"
        )


def _text(column: pl.Series) -> Iterator[str]:
    values = column.drop_nulls()
    texts = sorted(values.filter(~values.cast(pl.Float64, strict=False).is_finite().fill_null(False)).unique())
    nulls = [text for text in texts if text in _NULLS]
    if 0 < len(texts) <= min(_STAND_INS, values.n_unique() - len(texts)):
        yield f"column {column.name!r} has {_shown(texts)} among numbers: {read_as_missing(texts)}"
    elif len(values) and values.str.contains(_DATE).all():
        yield (
            f"column {column.name!r} has dates, each a category of its own, which those of new events are not: "
            f"{leave_out(column.name)}"
        )
    elif len(values) > _FEW_ROWS and values.n_unique() > len(values) / 2:
        yield (
            f"column {column.name!r} has {values.n_unique():,} different texts in {len(values):,} rows: "
            f"if it is an identifier, {leave_out(column.name)}"
        )
    elif nulls:
        yield f"column {column.name!r} has {_shown(nulls)} as a category: {read_as_missing(nulls)}"


def _shown(texts: Sequence[str]) -> str:
    return ", ".join(map(repr, texts))


def read_as_missing(texts: Sequence[str]) -> str:
    options = " ".join(f"--null {shlex.quote(text)}" for text in texts)
    return f"{options} reads {'it' if len(texts) == 1 else 'them'} as missing"
