"""Writes a batch of predictions or outcomes to objects in S3, by the hour in which they arrived.

If an object cannot be written, its records fail, and the source delivers the batch again from the first of them. The
new batch may have other limits, so that records are written twice under different keys: the join removes duplicates.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from dataclasses import dataclass

import sources
from aws_client.errors import describe, is_failed_call
from outcomes.collected import OUTCOME_COLUMNS, PREDICTION_COLUMNS, CollectedPrediction, ObservedOutcome, hour
from outcomes.hours import hour_of
from outcomes.store import OUTCOMES, PREDICTIONS
from records.delivered import Delivered
from records.faults import Fault
from records.rejected import Rejected
from records.strict_json import decode
from sinks.quarantine import entry

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from outcomes.store import Store
    from outcomes.tables import Tables
    from records.record import Record

LOG = logging.getLogger(__name__)

COLUMNS = {PREDICTIONS: PREDICTION_COLUMNS, OUTCOMES: OUTCOME_COLUMNS}


@dataclass(slots=True)
class Collected:
    """The counts of a batch: every record is counted in exactly one of kept, quarantined and failed."""

    what: str = ""
    kept: int = 0
    quarantined: int = 0
    failed: int = 0


class Collector:
    """Collects predictions and outcomes from two streams. One for each container.

    outcomes_arn : the stream with the outcomes; any other has predictions. model : the model's name.
    """

    def __init__(self, store: Store, tables: Tables, outcomes_arn: str, model: str, clock: Callable[[], float]) -> None:
        self._store, self._tables, self._clock = store, tables, clock
        self._outcomes_arn, self._model = outcomes_arn, model

    def run(self, event: Any) -> tuple[dict[str, Any], Collected]:
        """Write one batch; returns the response to its source, and the counts. Raises UnknownEventSource."""
        batch = sources.read(event, self._model)
        records = batch.records
        if not records:
            return batch.respond(Delivered()), Collected()
        what = OUTCOMES if records[0].arn == self._outcomes_arn else PREDICTIONS
        hours, rejected = self._sort(what, records)
        failed: list[Record] = []
        for arrived, kept in sorted(hours.items()):
            of_hour = [record for record, _ in kept]
            rows = self._tables.parquet(COLUMNS[what], [row for _, row in kept])
            if not self._written(self._store.keep, what, arrived, of_hour, rows):
                failed += of_hour
        lost = len(failed)
        if rejected and not self._quarantined(what, rejected):
            failed += [record for record, _ in rejected]
        counts = Collected(what, sum(map(len, hours.values())) - lost, len(rejected) - len(failed) + lost, len(failed))
        return batch.respond(Delivered(failed)), counts

    def _sort(
        self, what: str, records: list[Record]
    ) -> tuple[dict[int, list[tuple[Record, dict[str, Any]]]], list[Rejected]]:
        """Rows by hour, and the records that cannot be read."""
        hours, rejected = defaultdict(list), []
        for record in records:
            try:
                arrived, row = self._read(what, record)
                hours[arrived].append((record, row))
            except Fault as fault:
                rejected.append(Rejected.because(record, fault))
        return hours, rejected

    def _read(self, what: str, record: Record) -> tuple[int, dict[str, Any]]:
        """The hour and the row of a record. Raises Fault."""
        if record.fault is not None:
            raise record.fault
        document = decode(record.data)
        if what == OUTCOMES:
            return hour_of(record.arrived_at), ObservedOutcome.read(document, record).row()
        prediction = CollectedPrediction.read(document, self._model)
        return hour(prediction.arrived_at), prediction.row()

    def _quarantined(self, what: str, rejected: list[Rejected]) -> bool:
        now = self._clock()
        entries = [entry(record, fault, now) for record, fault in rejected]
        codes = sorted({fault.code for _, fault in rejected})
        LOG.warning("%d %s quarantined: %s", len(rejected), what, ", ".join(codes))
        return self._written(self._store.quarantine, what, [record for record, _ in rejected], entries)

    @staticmethod
    def _written(write: Callable[..., None], *arguments: Any) -> bool:
        try:
            write(*arguments)
        except Exception as error:
            if not is_failed_call(error):
                raise
            LOG.warning("object not written: %s", describe(error))
            return False
        return True
