"""What in a table's columns is most likely not what was meant: a sentence each, with the option that changes it."""

import shlex
from collections.abc import Iterator, Sequence

import polars as pl

# float32 has each whole number up to this one.
EXACT = 1 << 24
_FEW_ROWS = 20  # below, every text may well be a different one
_STAND_INS = 2  # texts among numbers that may stand for a missing value


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
    texts = values.filter(values.cast(pl.Float64, strict=False).is_null()).unique()
    if 0 < len(texts) <= _STAND_INS and len(texts) < values.n_unique():
        some = sorted(texts)[0]
        yield f"column {column.name!r} has {some!r} among numbers: --null {shlex.quote(some)} reads it as missing"
    elif len(values) > _FEW_ROWS and values.n_unique() > len(values) / 2:
        yield (
            f"column {column.name!r} has {values.n_unique():,} different texts in {len(values):,} rows: "
            f"if it is an identifier, {leave_out(column.name)}"
        )
