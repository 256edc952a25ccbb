"""The same envelopes on both ways: what the native engine makes of them, and what the reference implementation does."""

import json
import struct
from array import array
from collections.abc import Iterator
from copy import replace
from functools import cache
from typing import Any, NamedTuple

from model_store.output import Output
from model_store.prediction_form import PredictionForm
from model_store.release import CHALLENGER, CHAMPION, Pointer, Release
from records.faults import Fault
from records.record import Record
from records.strict_json import decode
from scoring.engine import native_schema
from scoring.features import Matrix
from scoring.predictions import Encoder
from scoring.validate import Validator
from sources import SOURCES
from tests.fakes import artifacts
from tests.fakes.envelopes import MODEL

MANIFEST = artifacts.manifest("regression", b"", golden_rows=())
VALIDATOR = Validator(MANIFEST)
DIGEST = "9682c9ae024d99a8062497a5d6e9032788adc31948bd60263486f19a5277b116"
NOW = 1_800_000_000.021
SCORED_AT = "2027-01-15T08:00:00.021Z"
NO_LIMIT = 1 << 40
READ_NATIVELY = [source for source in SOURCES if source.layout]


class Row(NamedTuple):
    """All that is known of a row, from outside."""

    origin: int
    subsequence: int | None
    features: bytes
    key: str
    body: bytes


@cache
def encoder(
    variant: str = CHAMPION, output: Output = MANIFEST.output, form: PredictionForm = MANIFEST.prediction
) -> Encoder:
    return Encoder(replace(MANIFEST, output=output, prediction=form), DIGEST, variant)


@cache
def schema(native: Any) -> Any:
    return native_schema.schema(native, MANIFEST)


def table(native: Any, variant: str = CHAMPION, form: PredictionForm = MANIFEST.prediction) -> Any:
    return native.Table(schema(native), encoder(variant, form=form).model)


@cache
def release(share: float) -> Release:
    pointer = Pointer("1", "", "", "")
    return Release(pointer, "", challenger=pointer if share else None, share=share)


def layouts(native: Any) -> Any:
    """Those of all sources."""
    return native.Layouts([source.layout for source in READ_NATIVELY])


def scan(native: Any, records: Any) -> Any:
    """The scanned event of those records, or of raw JSON; None where it is left to the reference implementation."""
    raw = records if isinstance(records, bytes) else json.dumps({"Records": records}).encode()
    return native.Envelopes.scan(raw, layouts(native))


def reference(source: Any, envelope: Any, origin: int, share: float = 0.0) -> list[tuple[str, Row]] | None:
    """The variant and the row of each record of an envelope that holds only good ones; None of any other."""
    try:
        return [_reference(record, origin, share) for record in source.records(envelope, MODEL)]
    except (Fault, LookupError, TypeError, ValueError, AttributeError, OverflowError):
        return None


def _reference(record: Record, origin: int, share: float) -> tuple[str, Row]:
    if record.fault is not None:
        raise record.fault
    row = VALIDATOR.row(decode(record.data))
    matrix = Matrix(len(MANIFEST.features))
    matrix.append(row.features, [feature.name for feature in MANIFEST.features])
    variant = release(share).variant(record.partition_key)
    body = encoder(variant).encode(record, row.event_id, array("f", [score(origin)]), NOW)
    return variant, Row(origin, record.subsequence, bytes(matrix.data), record.partition_key, body)


def score(origin: int) -> float:
    """Another score for each record."""
    return float(origin) / 7 - 1


def rows(native: Any, filled: Any) -> Iterator[Row]:
    """The rows of a native table, read by way of its messages."""
    origins = [filled.origin(row) for row in range(filled.rows)]
    scores = array("f", map(score, origins))
    messages = native.Messages()
    unfit = filled.encode(scores, 1, (), None, SCORED_AT, NO_LIMIT, True, messages)
    assert unfit == ([], [])
    matrix, size = bytes(filled.matrix()), 4 * len(MANIFEST.features)
    for row, (origin, (key, body)) in enumerate(zip(origins, messages, strict=True)):
        yield Row(origin, filled.subsequence(row), matrix[row * size : (row + 1) * size], key, body)


def take(native: Any, scanned: Any, share: float = 0.0) -> tuple[dict[str, list[Row]], list[int]]:
    """The rows of each variant, and the places at which `take` stopped."""
    tables = {name: table(native, name) for name in ([CHAMPION, CHALLENGER] if share else [CHAMPION])}
    start, stops = 0, []
    while (start := native.take(scanned, start, list(tables.values()), share, MODEL)) < len(scanned):
        stops.append(start)
        start += 1
    return {name: list(rows(native, filled)) for name, filled in tables.items()}, stops


def assert_as_reference(native: Any, records: Any, share: float = 0.0) -> list[int]:
    """Each record is either taken as the reference implementation would have, or stopped at: those places.

    records : of an event, as a list, as its raw JSON or scanned. Where the event is not scanned, all are stopped at.
    """
    scanned = records if isinstance(records, native.Envelopes) else scan(native, records)
    if scanned is None:
        return list(range(len(records)))
    found, stops = take(native, scanned, share)
    expected: dict[str, list[Row]] = {name: [] for name in found}
    for origin, envelope in enumerate(scanned):
        if origin not in stops:
            outcome = reference(READ_NATIVELY[scanned.layout], envelope, origin, share)
            assert outcome is not None, f"taken, and faulty: {envelope}"
            for variant, row in outcome:
                expected[variant].append(row)
    assert found == expected
    return stops


def record(key: str = "key-1", event_id: str = "e-1", arrived_at: float = 1_700_000_000.25) -> Record:
    """A record as other sources than Kinesis give it."""
    data = b'{"event_id":"%s","features":{"pages":3}}' % event_id.encode("ascii", "backslashreplace")
    return Record(
        model=MODEL,
        source="sqs",
        arn="arn:aws:sqs:eu-central-1:1:q",
        position="m-1",
        partition_key=key,
        arrived_at=arrived_at,
        data=data,
        delivery_id="m-1",
    )


def floats(*values: float) -> bytes:
    return struct.pack(f"={len(values)}f", *values)
