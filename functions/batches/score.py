"""Scores one item: predictions and quarantine entries into the run's folder, and the counts of both.

The same item gives the same objects, so an item can be scored again at any time.
"""

from __future__ import annotations

import json
import sys

import sources
from batches import csv_rows, layout
from batches.errors import CountsDiffer
from batches.item import CSV, ENVELOPES, OBJECTS
from batches.objects import read_range
from records.faults import Fault
from records.rejected import Rejected
from records.values import Value
from scoring.score import score
from sinks.messages import Limit
from sinks.quarantine import entry
from sources.batch_item import BatchItemSource, event
from sources.positions import object_position

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from batches.item import BatchItem, RunSpec, Span
    from scoring.engine.protocols import Engine
    from scoring.score import ServingModels
    from telemetry.metrics import Metrics

# Rows that are scored at a time: more gain nothing, and take memory.
SLICE = 10_000
UNLIMITED = Limit(sys.maxsize, with_keys=False)


class ItemCounts(Value):
    """What the rows of an item became. ignored : blank lines, and what the manifest ignores."""

    part: int
    rows: int
    predictions: int
    quarantined: int
    ignored: int

    @property
    def adds_up(self) -> bool:
        return self.rows == self.predictions + self.quarantined + self.ignored


class ItemScorer:
    """Scores the items of one run. bucket : the batch bucket. partition : of AWS: `aws`, `aws-cn` and such."""

    def __init__(
        self,
        s3: Any,
        bucket: str,
        spec: RunSpec,
        serving: ServingModels,
        engine: Engine,
        metrics: Metrics,
        clock: Callable[[], float],
        partition: str = "aws",
    ) -> None:
        self._s3, self._bucket, self._partition = s3, bucket, partition
        self._run, self._format, self._model = spec.run, spec.format, spec.model
        self._serving, self._engine, self._metrics, self._clock = serving, engine, metrics, clock

    def score(self, item: BatchItem) -> ItemCounts:
        """Raises CountsDiffer, BatchRefused, and what the client raises."""
        predictions: list[bytes] = []
        rejected: list[Rejected] = []
        now, blank, ignored, found = self._clock(), 0, 0, 0
        for span in item.spans:
            for raw, rows, faulty, blanks in self._events(span):
                blank += blanks
                found += rows + len(faulty) + blanks
                rejected += faulty
                if not rows:
                    continue
                batch = sources.read(raw, self._model)
                outcome = score(batch, self._serving, self._engine, now=now, limit=UNLIMITED, metrics=self._metrics)
                messages = outcome.messages
                predictions += [bytes(messages[index][1]) for index in range(len(messages))]
                rejected += outcome.rejected
                ignored += outcome.ignored_events
        counts = ItemCounts(item.part, item.rows, len(predictions), len(rejected), ignored + blank)
        if found != item.rows or not counts.adds_up:
            raise CountsDiffer(f"part {item.part}: expected {item.rows} rows, got {found} that became {counts}")
        self._write(item.part, predictions, rejected, now)
        return counts

    def _events(self, span: Span) -> Iterator[tuple[bytes, int, list[Rejected], int]]:
        """The raw events of a span, each with its number of rows, faulty rows that it has not, and of blank lines."""
        data = self._data(span)
        if self._format == OBJECTS:
            at = object_position(span.key, span.version or span.etag)
            yield event(self._arn(span), span.modified_at, [(at, data)]), 1, [], 0
            return
        found = data.removesuffix(b"\n").split(b"\n")
        for first in range(0, len(found), SLICE):
            part = found[first : first + SLICE]
            rows = [(number, line) for number, line in enumerate(part, span.first + first) if line.strip()]
            blank, faulty = len(part) - len(rows), list[Rejected]()
            if self._format == CSV:
                rows, faulty = self._picked(span, rows)
            yield self._raw(span, rows), len(rows), faulty, blank

    def _data(self, span: Span) -> bytes:
        if not span.unpacked:
            return read_range(self._s3, span.bucket, span, span.start, span.end)
        data: bytes = self._s3.get_object(Bucket=self._bucket, Key=span.unpacked)["Body"].read()
        return data

    def _picked(self, span: Span, rows: list[tuple[int, bytes]]) -> tuple[list[tuple[int, bytes]], list[Rejected]]:
        """Of each row the model's features; and the rows that are not as their header."""
        kept, faulty = [], []
        for number, line in rows:
            try:
                kept.append((number, csv_rows.picked(line.rstrip(b"\r"), span.columns, span.width)))
            except Fault as fault:
                (envelope,) = json.loads(self._lines(span, [(number, line)]))["Records"]
                faulty.append(Rejected.because(BatchItemSource().records(envelope, self._model)[0], fault))
        return kept, faulty

    def _raw(self, span: Span, rows: list[tuple[int, bytes]]) -> bytes:
        if self._format == ENVELOPES:
            return b'{"Records":[' + b",".join(line for _, line in rows) + b"]}"
        return self._lines(span, rows)

    def _lines(self, span: Span, rows: list[tuple[int, bytes]]) -> bytes:
        version = span.version or span.etag
        positions = ((object_position(span.key, version, number), line) for number, line in rows)
        return event(self._arn(span), span.modified_at, positions)

    def _write(self, part: int, predictions: list[bytes], rejected: list[Rejected], now: float) -> None:
        """Quarantine first: predictions without their quarantine would look complete."""
        quarantine = layout.quarantine(self._run, part)
        entries = b"".join(entry(record, fault, now) for record, fault in rejected)
        if entries or self._exists(quarantine):
            self._put(quarantine, entries)
        self._put(layout.predictions(self._run, part), b"".join(body + b"\n" for body in predictions))

    def _exists(self, key: str) -> bool:
        """Whether an earlier attempt wrote the object: then this one replaces it."""
        try:
            self._s3.head_object(Bucket=self._bucket, Key=key)
        except self._s3.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey"):
                return False
            raise
        return True

    def _put(self, key: str, body: bytes) -> None:
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=body, ContentType="application/x-ndjson")

    def _arn(self, span: Span) -> str:
        return f"arn:{self._partition}:s3:::{span.bucket}"
