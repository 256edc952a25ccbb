"""Any row of a table, in any form that a manifest may ask for: what is built is read as the same row."""

import json
from copy import replace
from typing import Any

import polars as pl
from hypothesis import assume, given
from hypothesis import strategies as st

from millrace.errors import UserError
from millrace.replay import rows
from model_store.event_format import (
    CLOUDEVENTS,
    CSV,
    DEBEZIUM,
    DMS,
    DYNAMODB,
    EVENTBRIDGE,
    INTEGER,
    JSON,
    MANY,
    NO_ENVELOPE,
    ONE,
    OPEN_INFERENCE,
    SNS,
    STRING,
    VECTOR,
    EventFormat,
)
from model_store.feature import Feature
from model_store.manifest import Manifest
from records.record import Record
from scoring.events import reader_of
from scoring.validate import Row, Validator
from tests.fakes import artifacts

# Where an id may be in each envelope: in the envelope itself, or in the event.
IDS = {
    NO_ENVELOPE: ("/event_id", "/meta/id", None),
    CLOUDEVENTS: ("/id", "/data/key", None),
    EVENTBRIDGE: ("/id", "/detail/key", None),
    DMS: ("/data/key", "/metadata/transaction-id", None),
    DEBEZIUM: ("/after/key", "/payload/after/key", None),
    DYNAMODB: ("/eventID", "/dynamodb/NewImage/key", "/key", None),
    SNS: ("/MessageId", "/Message/key", None),
}
TEXTS = st.sampled_from(["a", "Ü/~1", "007", "1.0", "true", " x", 'a,"b', "two\nlines", "NaN", "日本"])
VALUES = {
    "float": st.floats(-1e30, 1e30),
    "int": st.integers(-(2**40), 2**40),
    "bool": st.booleans(),
    "category": TEXTS,
}
TYPES = {"float": pl.Float64, "int": pl.Int64, "bool": pl.Boolean, "category": pl.String}
CATEGORIES = ("a", "Ü/~1", "007", "1.0", "true", " x", 'a,"b', "two\nlines", "NaN")
NAMES = ("x", "0", "1", "a/b", "é~", "data", "key")
PLACES = ("", "/features", "/customer/now", "/items/0", "/items/2", "/1")


@st.composite
def manifests(draw: st.DrawFn) -> Manifest:
    """Features of every type at any place, and events of any form."""
    format = draw(st.sampled_from([JSON, JSON, JSON, VECTOR, CSV, OPEN_INFERENCE]))
    unwrap = draw(st.sampled_from(list(IDS))) if format == JSON else NO_ENVELOPE
    event_id = {JSON: st.sampled_from(IDS[unwrap]), OPEN_INFERENCE: st.sampled_from(["/id", None])}.get(format)
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, max_size=5, unique=True))
    features = [draw(_features(name, f"f{number}")) for number, name in enumerate(names)]
    path = None if event_id is None else draw(event_id)
    manifest = replace(
        artifacts.artifact().manifest,
        features=tuple(features),
        event=EventFormat(
            path,
            draw(st.sampled_from([STRING, INTEGER])) if path else STRING,
            format=format,
            unwrap=unwrap,
            events_per_record=draw(st.sampled_from([ONE, MANY])),
            max_inflated=draw(st.sampled_from([None, 1_000_000])),
        ),
    )
    taken = [feature.path for feature in features] + [path or "/none"]
    assume(not any(one != other and f"{other}/".startswith(f"{one}/") for one in taken for other in taken))
    assume(len(set(taken)) == len(taken))
    return manifest


@st.composite
def _features(draw: st.DrawFn, name: str, leaf: str) -> Feature:
    kind = draw(st.sampled_from(list(TYPES)))
    place = draw(st.sampled_from(PLACES))
    path = f"{place}/{draw(st.sampled_from([leaf, leaf[1:]]))}" if draw(st.booleans()) else None
    return Feature(
        name,
        kind,
        *([path] if path else []),
        categories=CATEGORIES if kind == "category" else (),
        unknown_category="missing",
        accept_text=draw(st.booleans()),
    )


@given(manifests(), st.data(), st.integers(1, 3))
def test_a_row_is_read_as_it_was(manifest: Manifest, data: st.DataObject, each: int) -> None:
    table = _table(manifest, data)
    expected = [_plain_row(manifest, row) for row in table.to_dicts()]
    try:
        built = list(rows.records(rows.events(table, manifest, "in"), manifest, each if _several(manifest) else 1))
    except UserError as error:
        assume("of one line" not in str(error))  # of CSV with several events a record
        raise

    reader = reader_of(manifest, Validator(manifest))
    read = [reader.read(part) for record in built for part in reader.split(_record(record.data))]

    assert [_seen(row.features) for row in read] == [_seen(row.features) for row in expected]
    assert [row.event_id for row in read] == _ids(manifest, built, table.height)
    assert sum(len(record.events) or 1 for record in built) == table.height


def _table(manifest: Manifest, data: st.DataObject) -> pl.DataFrame:
    height = data.draw(st.integers(1, 4))

    def column(feature: Feature) -> pl.Series:
        values = st.lists(st.one_of(st.none(), VALUES[feature.type]), min_size=height, max_size=height)
        return pl.Series(feature.name, data.draw(values), dtype=TYPES[feature.type])

    return pl.DataFrame([column(feature) for feature in manifest.features])


def _plain_row(manifest: Manifest, values: dict[str, Any]) -> Row:
    """The row of the same values in an event as producers make it."""
    features = tuple(replace(one, path=f"/features/{number}") for number, one in enumerate(manifest.features))
    event = {"event_id": "x", "features": {str(number): value for number, value in enumerate(values.values())}}
    return Validator(replace(manifest, features=features, event=EventFormat())).row(json.loads(json.dumps(event)))


def _several(manifest: Manifest) -> bool:
    return manifest.event.events_per_record == MANY


def _ids(manifest: Manifest, built: list[Any], height: int) -> list[Any]:
    event = manifest.event
    if event.event_id is None:
        return [None] * height
    if event.format == OPEN_INFERENCE:  # a request has one id for all of its rows
        ids = [record.event_id for record in built for _ in record.events or [record]]
    else:
        ids = [one.event_id for record in built for one in record.events or [record]]
    return [int(one) for one in ids] if event.event_id_type == INTEGER else ids


def _record(data: bytes) -> Record:
    return Record(
        model="sessions", source="test", arn="", position="", partition_key="", arrived_at=0.0, data=data,
        delivery_id="",
    )  # fmt: skip


def _seen(features: tuple[float, ...]) -> list[str]:
    """NaN equals NaN."""
    return [repr(value) for value in features]
