"""Rows of a table as events for a model: its features only, each with the type and at the place that it reads."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import polars as pl

from millrace.errors import UserError
from millrace.model.tables import check_columns
from millrace.replay.truth import truths
from model_store.feature import Feature
from model_store.manifest import Manifest
from stream_producers.event import PARTITION_KEYS, Event
from stream_producers.replay import replay

_USUAL_ID = ("event_id",)
_USUAL_PARENT = ("features",)


def columns_left_out(table: pl.DataFrame, manifest: Manifest, named: Sequence[str]) -> list[str]:
    """The columns that the model does not read, without those that options named."""
    read = {feature.name for feature in manifest.features}
    return [column for column in table.columns if column not in read and column not in named]


def events(
    table: pl.DataFrame,
    manifest: Manifest,
    name: str,
    *,
    label: str | None = None,
    id_column: str | None = None,
    keys: int = PARTITION_KEYS,
) -> Iterator[Event]:
    """An event for each row, with its truth where `label` names the column. Raises UserError, InputUnreadable.

    name : begins the event ids, where no column has them.
    """
    check_columns(table, filter(None, (label, id_column)))
    present = [feature for feature in manifest.features if feature.name in table.columns]
    lacking = [f.name for f in manifest.features if f.name not in table.columns and not f.allow_missing]
    if lacking or not present:
        wanted = ", ".join(lacking or (feature.name for feature in manifest.features))
        raise UserError(f"expected columns for the features {wanted} of {manifest.name} {manifest.version}, got none")
    features = table.select(_conformed(table[feature.name], feature) for feature in present)
    ids = pl.DataFrame() if id_column is None else pl.DataFrame({_free_name(features): table[id_column]})
    rows = replay(
        pl.concat([features, ids], how="horizontal") if id_column else features,
        name=name,
        id_column=ids.columns[0] if id_column else None,
        keys=keys,
    )
    known = truths(table[label], manifest) if label else [None] * table.height
    for event, outcome in zip(rows, known, strict=True):
        yield _placed(event._replace(outcome=outcome), present, manifest)


def _conformed(column: pl.Series, feature: Feature) -> pl.Series:
    """The column with the type that the model reads, where no value changes by that: pandas writes 1 as 1.0."""
    if feature.type == "category" and column.dtype not in (pl.String, pl.Categorical, pl.Enum):
        whole = column.cast(pl.Int64, strict=False) if column.dtype.is_float() else column
        return (whole if (whole == column).all() else column).cast(pl.String)
    if feature.type == "bool" and column.dtype.is_numeric() and column.drop_nulls().is_in([0, 1]).all():
        return column.cast(pl.Boolean)
    if feature.type == "int" and column.dtype.is_float():
        whole = column.cast(pl.Int64, strict=False)
        return whole if (whole == column).all() else column
    return column


def _free_name(features: pl.DataFrame) -> str:
    name = "id"
    while name in features.columns:
        name += "_"
    return name


def _placed(event: Event, features: Sequence[Feature], manifest: Manifest) -> Event:
    """The event with its members where the manifest reads them."""
    at = manifest.event.event_id_tokens
    usual = all(feature.tokens == (*_USUAL_PARENT, feature.name) for feature in features)
    if usual and at == _USUAL_ID:
        return event
    values = json.loads(event.data)["features"]
    document: dict[str, Any] = {}
    if at:
        _put(document, at, event.event_id)
    for feature in features:
        _put(document, feature.tokens, values[feature.name])
    return event._replace(data=json.dumps(document, separators=(",", ":")).encode())


def _put(document: dict[str, Any], tokens: Sequence[str], value: Any) -> None:
    for token in tokens[:-1]:
        document = document.setdefault(token, {})
    document[tokens[-1]] = value
