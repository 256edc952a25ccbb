"""The way of a batch through the scorer, on one screen.

envelope → records → bytes → typed rows → float32 matrix → scores → predictions → sink
faulty records → quarantine; records that could be neither published nor quarantined → batchItemFailures
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from model_store.values import Value, made
from scorer import sources
from scorer.deadline import Deadline
from scorer.engine import Engine, Table, choose
from scorer.errors import Code, Fault
from scorer.models import Models, Serving
from scorer.publish import Limit, Messages, Publisher
from scorer.quarantine import Quarantine, Rejected
from scorer.records import Record
from scorer.sources import Batch


class Report(Value):
    """What became of a batch: every record is counted in exactly one of predictions, quarantined and failed."""

    records: int = 0
    predictions: int = 0
    quarantined: Counter[Code] = made(default_factory=Counter)
    failed: int = 0
    ignored_members: int = 0
    scored_by: dict[str, str] = made(default_factory=dict)
    shadow: dict[str, Any] = made(default_factory=dict)


class Pipeline:
    """Runs batches through the stages. Made once a container."""

    def __init__(
        self,
        models: Models,
        publisher: Publisher,
        quarantine: Quarantine,
        clock: Callable[[], float] = time.time,
        shadow: Callable[..., dict[str, Any]] = lambda *_: {},
        engine: Engine | None = None,
    ) -> None:
        self._models, self._publisher, self._quarantine, self._clock = models, publisher, quarantine, clock
        self._shadow, self._engine = shadow, engine or choose()

    @property
    def engine(self) -> str:
        """What decodes and encodes: `native` or `python`."""
        return self._engine.name

    def run(self, event: Any, deadline: Deadline) -> tuple[dict[str, Any], Report]:
        """Score one Lambda event: the response for its source, and the counts. Raises ScorerError."""
        batch = sources.read(event)
        if not batch.envelopes:
            return batch.response([]), Report()
        now, begun = self._clock(), deadline.remaining()

        serving = self._models.serving()
        tables, rejected = tabulate(batch, serving, self._engine)
        scored = score(tables, now, self._publisher.limit, self._engine)
        rejected += scored.rejected
        unpublished = self._publisher.publish(scored.messages, deadline)
        failed = [scored.record(message) for message in unpublished]
        unkept = self._quarantine.put(rejected, now, deadline)
        shadow = self._shadow(serving, tables, now, begun - deadline.remaining(), deadline)

        report = Report(
            records=len(scored.messages) + len(rejected),
            predictions=len(scored.messages) - len(failed),
            quarantined=Counter() if unkept else Counter(fault.code for _, fault in rejected),
            failed=len(failed) + len(unkept),
            ignored_members=sum(table.ignored_members for table in tables),
            scored_by={table.variant.name: table.variant.scored_by for table in tables},
            shadow=shadow,
        )
        return batch.response(failed + unkept, [] if unkept else rejected), report


def tabulate(batch: Batch, serving: Serving, engine: Engine) -> tuple[list[Table], list[Rejected]]:
    """Sort the records into one table a variant, by partition key; the faulty ones apart."""
    tables = {name: engine.table(variant, batch) for name, variant in serving.variants.items()}
    rejected = []
    for record in _left_by(engine, batch, list(tables.values()), serving.release.share):
        try:
            tables[serving.release.variant(record.partition_key)].add(record)
        except Fault as fault:
            rejected.append(Rejected.because(record, fault))
    return list(tables.values()), rejected


def _left_by(engine: Engine, batch: Batch, tables: Sequence[Table], share: float) -> Iterator[Record]:
    """The records that the engine does not take at once. Each is dealt with before it goes on: order is kept."""
    place = 0
    while (place := engine.take(batch, place, tables, share)) < len(batch.envelopes):
        yield from batch.records_of(place)
        place += 1


class Scored:
    """The messages of a batch, the record that each is of, and the records that gave none."""

    def __init__(self, messages: Messages) -> None:
        self.messages = messages
        self.rejected: list[Rejected] = []
        self._rows: list[tuple[int, Table, Sequence[int]]] = []  # a table's first message, and the rows of its messages

    def add(self, table: Table, now: float, limit: Limit) -> None:
        """Encode what a table holds."""
        first = len(self.messages)
        unfit = table.encode(now, limit, self.messages)
        self.rejected += [Rejected.because(table.record(row), fault) for row, fault in unfit]
        left_out = {row for row, _ in unfit}
        rows = [row for row in range(table.rows) if row not in left_out] if unfit else range(table.rows)
        self._rows.append((first, table, rows))

    def record(self, message: int) -> Record:
        """The record that a message is of."""
        first, table, rows = next(entry for entry in reversed(self._rows) if entry[0] <= message)
        return table.record(rows[message - first])


def score(tables: Sequence[Table], now: float, limit: Limit, engine: Engine) -> Scored:
    """Predict each table in one call, and make the messages for the sink."""
    scored = Scored(engine.messages())
    for table in tables:
        table.predict()
        scored.add(table, now, limit)
    return scored
