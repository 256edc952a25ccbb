"""Scores a batch: a pure function of the batch, the models that serve, and the time.

records → events → typed rows → float32 matrix → scores → predictions; events with a fault are rejected
"""

from __future__ import annotations

from records.faults import Fault
from records.rejected import Rejected
from scoring.outcome import Outcome
from telemetry.metrics import DECODE_DURATION, ENCODE_DURATION, PREDICT_DURATION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from typing import Protocol

    from model_store.release import Release
    from records.record import Record
    from scoring.engine.protocols import Engine, Table
    from scoring.variant import Variant
    from sinks.messages import Limit
    from sources.batch import Batch
    from telemetry.metrics import Metrics

    class ServingModels(Protocol):
        """The models that serve, by variant; `release` splits the keys between them."""

        @property
        def release(self) -> Release: ...
        @property
        def variants(self) -> Mapping[str, Variant]: ...
        def variant_of(self, record: Record) -> str:
            """The variant that serves a record."""

        def explain(self, table: Table) -> list[tuple[int, str]]:
            """The attributions of a scored table, as `attributions.explain` returns them."""


def score(
    batch: Batch, serving: ServingModels, engine: Engine, *, now: float, limit: Limit, metrics: Metrics
) -> Outcome:
    """Score a batch. now : seconds since the epoch. limit : size limit of a prediction. metrics : times the stages."""
    with metrics.timed(DECODE_DURATION):
        tables, rejected = tabulate(batch, serving, engine)
    outcome = Outcome(batch, tables, rejected, engine.messages())
    with metrics.timed(PREDICT_DURATION):
        for table in tables:
            table.predict()
            table.attributions = serving.explain(table)
    with metrics.timed(ENCODE_DURATION):
        outcome.encode(now, limit)
    return outcome


def tabulate(batch: Batch, serving: ServingModels, engine: Engine) -> tuple[list[Table], list[Rejected]]:
    """Divide the events into one table per variant, by partition key, and the rejected ones."""
    tables = {name: engine.table(variant, batch) for name, variant in serving.variants.items()}
    rejected = []
    for record in _without_fast_path(engine, batch, list(tables.values()), serving.release.share):
        table = tables[serving.variant_of(record)]
        try:
            for event in table.variant.reader.split(record):
                try:
                    table.add(event)
                except Fault as fault:
                    rejected.append(Rejected.because(event, fault))
        except Fault as fault:
            rejected.append(Rejected.because(record, fault))
    return list(tables.values()), rejected


def _without_fast_path(engine: Engine, batch: Batch, tables: Sequence[Table], share: float) -> Iterator[Record]:
    """The records that the engine does not add itself; the caller adds each before the next, which keeps the order."""
    place = 0
    while (place := engine.take(batch, place, tables, share)) < len(batch.envelopes):
        yield from batch.records_of(place)
        place += 1
