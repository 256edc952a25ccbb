"""Rows of a table as events."""

from collections.abc import Iterator, Sequence

import polars as pl

from stream_producers.errors import InputUnreadable
from stream_producers.event import PARTITION_KEYS, Event, encode, partition_key

_SLICE = 4_096
Outcome = int | float | str | None
_POSITIVE = {True: 1, False: 0, "1": 1, "0": 0}


def replay(
    table: pl.DataFrame,
    *,
    name: str = "row",
    label: str | None = None,
    positive: str | None = None,
    id_column: str | None = None,
    leave_out: Sequence[str] = (),
    keys: int = PARTITION_KEYS,
) -> Iterator[Event]:
    """An event for each row: its columns, in their order, are the features.

    Parameters
    ----------
    name : begins the event ids, which are then the row's number from 0, unless `id_column` has them
    label : column that is left out of the events; its value is the outcome
    positive : the label's value that means 1, every other meaning 0; without it, true and false are 1 and 0, and
        numbers and texts are the outcomes as they are
    leave_out : further columns that are no features

    Raises InputUnreadable where a column is missing, ids repeat, or a label is neither number nor text.
    """
    named = [column for column in (label, id_column, *leave_out) if column is not None]
    _require(table, named)
    features = [column for column in table.columns if column not in named]
    if not features:
        raise InputUnreadable("expected at least one column of features, got none but those left out")
    ids = _ids(table, name, id_column)
    outcomes = _outcomes(table, label, positive)
    return _events(table.select(features), ids, outcomes, keys)


def _events(features: pl.DataFrame, ids: pl.Series, outcomes: Sequence[Outcome], keys: int) -> Iterator[Event]:
    # A feature may be called event_id: the envelope is put around the features, not next to them.
    for start in range(0, features.height, _SLICE):
        some = ids.slice(start, _SLICE)
        texts = encode(features.slice(start, _SLICE), some)
        for event_id, data, outcome in zip(some, texts, outcomes[start : start + _SLICE], strict=True):
            yield Event(event_id, data, partition_key(event_id, keys), outcome)


def _require(table: pl.DataFrame, columns: Sequence[str]) -> None:
    for column in columns:
        if column not in table.columns:
            raise InputUnreadable(f"expected a column {column}, got {', '.join(table.columns)}")


def _ids(table: pl.DataFrame, name: str, id_column: str | None) -> pl.Series:
    if id_column is None:
        return pl.Series([f"{name}-{i:09d}" for i in range(table.height)], dtype=pl.String)
    ids = table[id_column].cast(pl.String)
    if ids.null_count() or ids.n_unique() < ids.len():
        raise InputUnreadable(f"column {id_column}: expected an id in every row, each once")
    return ids


def _outcomes(table: pl.DataFrame, label: str | None, positive: str | None) -> Sequence[Outcome]:
    if label is None:
        return [None] * table.height
    if positive is not None:
        return (table[label].cast(pl.String) == positive).cast(pl.Int8).to_list()
    values = table[label].to_list()
    if all(value is None or value in _POSITIVE for value in values):
        return [None if value is None else _POSITIVE[value] for value in values]
    if table[label].dtype.is_nested() or table[label].dtype.is_temporal():
        raise InputUnreadable(f"column {label}: expected numbers or texts, got {table[label].dtype}")
    return values
