"""Rows of a table as records for a model: its features only, each with the type and at the place that it reads."""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import batched

import polars as pl

from millrace.errors import UserError
from millrace.model.tables import check_columns
from millrace.replay.build import EventBuilder
from millrace.replay.columns import conformed, unfit
from millrace.replay.truth import truths
from model_store.event_format import INTEGER
from model_store.manifest import Manifest
from stream_producers.event import PARTITION_KEYS, Event
from stream_producers.replay import replay


def columns_left_out(table: pl.DataFrame, manifest: Manifest, named: Sequence[str]) -> list[str]:
    """The columns that the model does not read, without those that options named."""
    read = {feature.name for feature in manifest.features} | set(EventBuilder(manifest).carried)
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

    name : begins the event ids, where no column has them and they are text.
    """
    check_columns(table, filter(None, (label, id_column)))
    present = [feature for feature in manifest.features if feature.name in table.columns]
    lacking = [f.name for f in manifest.features if f.name not in table.columns and not f.allow_missing]
    if lacking or not present:
        wanted = ", ".join(lacking or (feature.name for feature in manifest.features))
        raise UserError(f"expected columns for the features {wanted} of {manifest.name} {manifest.version}, got none")
    builder = EventBuilder(manifest)
    carried = [name for name in builder.carried if name in table.columns and name not in (label, id_column)]
    features = table.select([*(conformed(table[feature.name], feature) for feature in present), *carried])
    ids = _ids(table, manifest, id_column)
    if ids is not None:
        ids = ids.alias(_free_name(features))
        features = features.with_columns(ids)
    rows = replay(features, name=name, id_column=None if ids is None else ids.name, keys=keys)
    known = truths(table[label], manifest) if label else [None] * table.height
    usual = is_usual(manifest)
    for event, outcome in zip(rows, known, strict=True):
        data = event.data if usual else builder.event(event.event_id, json.loads(event.data)["features"])
        yield event._replace(data=data, outcome=outcome)


def notes(table: pl.DataFrame, manifest: Manifest) -> Iterator[str]:
    """Which rows will be quarantined, a sentence for each column. Raises UserError."""
    for feature in manifest.features:
        if feature.name in table.columns and (note := unfit(conformed(table[feature.name], feature), feature)):
            yield note


def records(events: Iterable[Event], manifest: Manifest, each: int) -> Iterator[Event]:
    """The events, `each` of them in a record where the model reads several; compressed where it reads them so.

    Raises UserError.
    """
    builder = EventBuilder(manifest)
    if each > 1 and not builder.several:
        raise UserError(
            f"--per-record {each}: expected 1, as a record of {manifest.name} {manifest.version} holds one event "
            "(--several of `millrace model train` and `import`)"
        )
    if not builder.several:
        for event in events:
            yield event._replace(data=builder.packed(event.data))
        return
    for some in batched(events, each, strict=False):
        data = builder.record([event.data for event in some])
        yield some[0]._replace(data=data, outcome=None, events=some)


def check_usual(manifest: Manifest) -> None:
    """Raises UserError where events are not as the producers make them, and spoil them."""
    if not is_usual(manifest):
        raise UserError(
            f"--bad-fraction: expected a model that reads JSON with event_id and features, as {manifest.name} "
            f"{manifest.version} does not: leave it out"
        )


def is_usual(manifest: Manifest) -> bool:
    """Whether events are as the producers make them: JSON with `event_id` and `features`."""
    usual = all(feature.tokens == ("features", feature.name) for feature in manifest.features)
    return usual and manifest.event.plain and manifest.event.event_id == "/event_id"


def _ids(table: pl.DataFrame, manifest: Manifest, id_column: str | None) -> pl.Series | None:
    """The ids, where they are not made of the file's name: those of a column, or integers that number the rows."""
    if id_column is not None:
        return table[id_column]
    if manifest.event.event_id is not None and manifest.event.event_id_type == INTEGER:
        return pl.Series(range(table.height), dtype=pl.Int64)
    return None


def _free_name(features: pl.DataFrame) -> str:
    name = "id"
    while name in features.columns:
        name += "_"
    return name
