"""The way of a batch through the scorer, on one screen.

envelope → records → bytes → typed rows → float32 matrix → scores → predictions → sink
faulty records → quarantine; records that could be neither published nor quarantined → batchItemFailures
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import sources
from records.faults import Fault
from records.record import Record
from records.rejected import Rejected
from resilience.deadline import Deadline
from scoring.engine import Engine, Table, choose
from scoring.scored import encode, predict
from serving.models import Models, Serving
from sinks.publisher import Publisher
from sinks.quarantine import Quarantine
from sources import arrival
from sources.batch import Batch
from telemetry import metrics
from telemetry.batch_report import Report
from telemetry.metrics import Metrics


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
        metrics: Metrics | None = None,
        drift: Callable[..., None] = lambda *_: None,
    ) -> None:
        self._models, self._publisher, self._quarantine, self._clock = models, publisher, quarantine, clock
        self._shadow, self._engine, self.metrics = shadow, engine or choose(), metrics or Metrics("")
        self._drift = drift

    @property
    def engine(self) -> str:
        """What decodes and encodes: `native` or `python`."""
        return self._engine.name

    def run(self, event: Any, deadline: Deadline) -> tuple[dict[str, Any], Report]:
        """Score one Lambda event: the response for its source, and the counts. Raises ScorerError."""
        timed = self.metrics.timed
        with timed(metrics.DECODE_DURATION):
            batch = sources.read(event)
        if not batch.envelopes:
            return batch.response([]), Report()
        self.metrics.received(batch.source, len(batch.envelopes))
        now, begun, retried = self._clock(), deadline.remaining(), self._publisher.retried

        serving = self._models.serving()
        with timed(metrics.DECODE_DURATION):
            tables, rejected = tabulate(batch, serving, self._engine)
        with timed(metrics.PREDICT_DURATION):
            predict(tables)
        with timed(metrics.ENCODE_DURATION):
            scored = encode(tables, now, self._publisher.limit, self._engine)
        with timed(metrics.PUBLISH_DURATION):
            unpublished = self._publisher.publish(scored.messages, deadline)
        if len(unpublished) < len(scored.messages):
            self.metrics.since(metrics.EVENT_AGE, arrival.oldest(batch))
        failed = [scored.record(message) for message in unpublished]
        rejected += scored.rejected
        with timed(metrics.QUARANTINE_DURATION):
            unkept = self._quarantine.put(rejected, now, deadline)
        shadow = self._shadow(serving, tables, now, begun - deadline.remaining(), deadline)
        if not (failed or unkept):  # else they come again, and are counted then
            self._drift(tables, now, deadline)

        report = Report(
            records=len(scored.messages) + len(rejected),
            predictions=len(scored.messages) - len(failed),
            quarantined=Counter() if unkept else Counter(fault.code for _, fault in rejected),
            failed=len(failed) + len(unkept),
            ignored_members=sum(table.ignored_members for table in tables),
            publish_retries=self._publisher.retried - retried,
            by_variant=scored.by_variant(unpublished),
            shadow=shadow,
        )
        self.metrics.report(report)
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
