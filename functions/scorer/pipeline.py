"""The way of a batch through the scorer, on one screen.

envelope → records → bytes → typed rows → float32 matrix → scores → predictions → sink
faulty records → quarantine; records that could be neither published nor quarantined → batchItemFailures
"""

import time
from array import array
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from scorer import sources
from scorer.deadline import Deadline
from scorer.decode import decode
from scorer.errors import Code, Fault
from scorer.features import Matrix
from scorer.models import Models, Serving, Variant
from scorer.publish import Message, Publisher
from scorer.quarantine import Quarantine, Rejected
from scorer.records import Record


@dataclass(slots=True)
class Report:
    """What became of a batch: every record is counted in exactly one of predictions, quarantined and failed."""

    records: int = 0
    predictions: int = 0
    quarantined: Counter[Code] = field(default_factory=Counter)
    failed: int = 0
    ignored_members: int = 0
    shadow: dict[str, Any] = field(default_factory=dict)


class Pipeline:
    """Runs batches through the stages. Made once a container."""

    def __init__(
        self,
        models: Models,
        publisher: Publisher,
        quarantine: Quarantine,
        clock: Callable[[], float] = time.time,
        shadow: Callable[..., dict[str, Any]] = lambda *_: {},
    ) -> None:
        self._models, self._publisher, self._quarantine, self._clock = models, publisher, quarantine, clock
        self._shadow = shadow

    def run(self, event: Any, deadline: Deadline) -> tuple[dict[str, Any], Report]:
        """Score one Lambda event: the response for its source, and the counts. Raises ScorerError."""
        batch = sources.read(event)
        if not batch.records:
            return batch.response([]), Report()
        now, begun = self._clock(), deadline.remaining()

        serving = self._models.serving()
        tables, rejected = tabulate(batch.records, serving)
        scored, unscorable = score(tables, now, self._publisher.fits)
        rejected += unscorable
        unpublished = self._publisher.publish([message for _, message in scored], deadline)
        failed = [scored[i][0] for i in unpublished]
        unkept = self._quarantine.put(rejected, now, deadline)
        shadow = self._shadow(serving, tables, now, begun - deadline.remaining(), deadline)

        report = Report(
            records=len(batch.records),
            predictions=len(scored) - len(failed),
            quarantined=Counter() if unkept else Counter(fault.code for _, fault in rejected),
            failed=len(failed) + len(unkept),
            ignored_members=sum(table.ignored_members for table in tables),
            shadow=shadow,
        )
        return batch.response(failed + unkept, [] if unkept else rejected), report


class Table:
    """The rows that one variant scores: records, event ids and matrix, side by side."""

    def __init__(self, variant: Variant) -> None:
        self.variant = variant
        self.records: list[Record] = []
        self.event_ids: list[str] = []
        self.matrix = Matrix(len(variant.feature_paths))
        self.ignored_members = 0
        self.scores: list[array[float]] = []

    def add(self, record: Record) -> None:
        """Decode and validate one record. Raises Fault, and then the table is as it was."""
        if record.fault is not None:
            raise record.fault
        row = self.variant.validator.row(decode(record.data))
        self.matrix.append(row.features, self.variant.feature_paths)
        self.records.append(record)
        self.event_ids.append(row.event_id)
        self.ignored_members += row.ignored_members


def tabulate(records: Iterable[Record], serving: Serving) -> tuple[list[Table], list[Rejected]]:
    """Sort the records into one table a variant, by partition key; the faulty ones apart."""
    tables = {name: Table(variant) for name, variant in serving.variants.items()}
    rejected = []
    for record in records:
        try:
            tables[serving.release.variant(record.partition_key)].add(record)
        except Fault as fault:
            rejected.append(Rejected.because(record, fault))
    return list(tables.values()), rejected


def score(
    tables: Iterable[Table], now: float, fits: Callable[[Message], bool]
) -> tuple[list[tuple[Record, Message]], list[Rejected]]:
    """Predict each table in one call; the messages for the sink, and the records that give none."""
    scored, rejected = [], []
    for table in tables:
        table.scores = table.variant.predict(table.matrix.data, table.matrix.rows)
        for record, event_id, row_scores in zip(table.records, table.event_ids, table.scores, strict=True):
            try:
                body = table.variant.encoder.encode(record, event_id, row_scores, now)
                message = Message(record.partition_key, body)
                if not fits(message):
                    raise Fault(Code.PREDICTION_TOO_LARGE, "", "expected a prediction that the sink can take")
            except Fault as fault:
                rejected.append(Rejected.because(record, fault))
            else:
                scored.append((record, message))
    return scored, rejected
