"""What is in the objects of a store, and the same without a subject's events: one function for each form of object.

Each takes the body and the subject, and returns how many events of the subject it has, and the body without them; an
empty rest is None. Raises UnreadableEntry for what is not of the form.
"""

import base64
import hashlib
import io
import json
from collections.abc import Callable
from typing import Any, NamedTuple

import polars as pl

from millrace.capture.parquet import DamagedParquet, parquet_frame
from millrace.erasure.subject import Subject
from millrace.redrive import on_failure
from millrace.redrive.waiting import UnreadableEntry, Waiting


class Rest(NamedTuple):
    """events : of the subject. body : what is left; None: nothing."""

    events: int
    body: bytes | None


type Without = Callable[[bytes, Subject], Rest]


def json_lines(body: bytes, subject: Subject) -> Rest:
    """Lines with a partition key or an id: predictions, quarantine entries, the records of the trail of redrives."""
    return _lines(body, subject, lambda entry: False)


def quarantined_ids(body: bytes, subject: Subject) -> Rest:
    """Quarantine entries whose data are predictions or outcomes."""
    return _lines(body, subject, lambda entry: subject.is_of(_data(entry)))


def _lines(body: bytes, subject: Subject, has_ids: Callable[[dict[str, Any]], bool]) -> Rest:
    kept, events = list[bytes](), 0
    try:
        for line in body.splitlines(True):
            entry = json.loads(line)
            key, prediction_id = entry.get("record", entry).get("partition_key"), entry["prediction_id"]
            if key == subject.partition_key or prediction_id in subject.prediction_ids or has_ids(entry):
                subject.found(prediction_id)
                events += 1
            else:
                kept.append(line)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnreadableEntry(f"expected JSON lines with partition keys: {type(error).__name__}") from None
    return Rest(events, b"".join(kept) or None)


def _data(entry: dict[str, Any]) -> bytes:
    """Of a record; what is not base64, as it is."""
    text: str = entry["data"]
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return text.encode("utf-8", "replace")


def discarded(model: str, *, ids: bool = False) -> Without:
    """Batches that Lambda discarded. model : the name of the stack's model. ids : of predictions or outcomes."""

    def is_theirs(one: Waiting, subject: Subject) -> bool:
        envelope = one.envelope
        return envelope["partition_key"] == subject.partition_key or (ids and subject.is_of(_data(envelope)))

    def without(body: bytes, subject: Subject) -> Rest:
        records = on_failure.parse(body, model)
        kept = list[Waiting]()
        for one in records:
            if is_theirs(one, subject):
                subject.found(one.prediction_id)
            else:
                kept.append(one)
        if len(kept) == len(records):
            return Rest(0, body)
        return Rest(len(records) - len(kept), on_failure.render(body, kept) if kept else None)

    return without


def rows(body: bytes, subject: Subject) -> Rest:
    """Parquet files, with partition keys, their digests or ids."""
    if not body:
        return Rest(0, body)
    try:
        frame = parquet_frame(body)
        notes = pl.read_parquet_metadata(io.BytesIO(body))
    except DamagedParquet as error:
        raise UnreadableEntry(f"expected a Parquet file, got {error}") from None
    if "id" in frame.columns:
        return _joined(body, frame, subject)
    is_theirs = _theirs(frame, subject)
    theirs = frame.filter(is_theirs)
    if theirs.is_empty():
        return Rest(0, body)
    for row in theirs.select(*({"prediction_id", "event_id"} & set(frame.columns))).iter_rows(named=True):
        subject.found(row.get("prediction_id"), row.get("event_id"))
    kept = frame.filter(~is_theirs)
    if kept.is_empty():
        return Rest(theirs.height, None)
    out = io.BytesIO()
    own = {name: value for name, value in notes.items() if name.startswith("millrace.")}
    kept.write_parquet(out, compression="gzip", metadata=own or None)
    return Rest(theirs.height, out.getvalue())


def _joined(body: bytes, frame: pl.DataFrame, subject: Subject) -> Rest:
    """What an evaluation keeps for the next one, by the MD5 of prediction ids: it is made again where it is needed."""
    digests = [hashlib.md5(one.encode(), usedforsecurity=False).digest() for one in subject.prediction_ids]
    events = frame.filter(pl.col("id").is_in(digests)).height
    return Rest(events, None if events else body)


def _theirs(frame: pl.DataFrame, subject: Subject) -> pl.Expr:
    """The subject's rows: by the key or its digest, by prediction id, and outcomes that have an event id only."""
    by_key = pl.lit(False)
    for name, value in (("partition_key", subject.partition_key), ("key_digest", subject.key_digest)):
        if name in frame.columns:
            by_key |= pl.col(name).eq_missing(pl.lit(value))
    if "prediction_id" not in frame.columns:
        return by_key
    by_id = pl.col("prediction_id").is_in(list(subject.prediction_ids))
    if "event_id" not in frame.columns:
        return by_key | by_id
    return by_key | by_id | ((pl.col("prediction_id") == "") & pl.col("event_id").is_in(list(subject.event_ids)))
