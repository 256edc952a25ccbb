"""How the scorer processes a batch.

event → batch → score → outcome → deliver → respond
The response reports records that could be neither published nor quarantined, so that the source delivers them again.
"""

from __future__ import annotations

from collections import Counter

import sources
from records.delivered import Delivered
from records.values import as_dict
from scorer.failed_batch import FailedBatches
from scoring.score import score
from serving.missing import MissingWatch
from sinks.reply import ReplyDelivery
from telemetry.batch_report import BatchReport
from telemetry.metrics import DECODE_DURATION, MISSING_VALUES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from resilience.deadline import Deadline
    from scoring.engine.protocols import Engine
    from scoring.outcome import Outcome
    from serving.capture import Capture
    from serving.drift import DriftWatch
    from serving.models import Models
    from serving.shadow import Shadow
    from sinks.delivery import Delivery
    from sources.batch import Batch
    from sources.objects import StoredObjects
    from telemetry.metrics import Metrics


class Pipeline:
    """Runs batches through the stages. One for each container.

    model : the name of the model that serves. drift : None if drift is not measured.
    capture : None if no rows are kept. objects : of S3.
    """

    def __init__(
        self,
        model: str,
        models: Models,
        engine: Engine,
        delivery: Delivery,
        *,
        shadow: Shadow,
        drift: DriftWatch | None,
        capture: Capture | None = None,
        metrics: Metrics,
        clock: Callable[[], float],
        objects: StoredObjects | None = None,
    ) -> None:
        self._objects = objects
        self._model, self._models, self._engine, self._delivery = model, models, engine, delivery
        self._shadow, self._drift, self._clock, self._reply = shadow, drift, clock, ReplyDelivery()
        self._capture = capture
        self.metrics, self._missing, self._failed = metrics, MissingWatch(), FailedBatches(metrics)

    @property
    def engine(self) -> str:
        """The engine that decodes and encodes: `native` or `python`."""
        return self._engine.name

    def run(self, event: Any, deadline: Deadline) -> tuple[dict[str, Any], BatchReport]:
        """Score one Lambda event; returns the response to its source, and the counts. Raises ScorerError."""
        with self.metrics.timed(DECODE_DURATION):
            batch = sources.read(event, self._model, self._objects)
        if not batch.envelopes:
            return batch.respond(Delivered()), self._ignored(batch)
        self.metrics.received(batch.source.name, len(batch.envelopes))
        try:
            delivered, report = self._settle(batch, deadline)
        except Exception as error:
            count = len(batch.envelopes)
            return self._failed.respond(batch, error), BatchReport(records=count, failed=count)
        finally:  # last, because no record waits for it; after a crash too, because that may be the model's
            self._models.refresh(deadline)
        self._failed.settled()
        self.metrics.report(report, replied=batch.replies)
        return batch.respond(delivered), report

    def _ignored(self, batch: Batch) -> BatchReport:
        """Count what gave no event: it counts as an arrival, of which a prediction would be expected."""
        report = BatchReport(records=batch.ignored, ignored=batch.ignored)
        if batch.ignored:
            self.metrics.received(batch.source.name, batch.ignored)
            self.metrics.report(report)
        return report

    def _settle(self, batch: Batch, deadline: Deadline) -> tuple[Delivered, BatchReport]:
        """Publish, quarantine, or fail every record of the batch. Raises ModelUnavailable."""
        now, begun = self._clock(), deadline.remaining()
        delivery = self._reply if batch.replies else self._delivery

        serving = self._models.serving(deadline)
        outcome = score(batch, serving, self._engine, now=now, limit=delivery.limit, metrics=self.metrics)
        delivered = delivery.deliver(outcome, now, deadline)
        shadow: dict[str, Any] = {}
        if not batch.replies:  # a redrive with `reply` is neither shadowed nor counted for drift
            shadow = self._shadow.score(serving, outcome, now, begun - deadline.remaining(), deadline)
            self._count_missing(outcome)
            if self._drift and not delivered.failed:  # failed records are delivered again, and counted then
                self._drift.count(outcome.tables, now, deadline)
            if self._capture:
                self._capture.keep(outcome.published(delivered.unpublished), now, deadline)
        return delivered, _report(outcome, delivered, shadow)

    def _count_missing(self, outcome: Outcome) -> None:
        if worst := self._missing.count(outcome.tables):
            self.metrics.gauge(MISSING_VALUES, worst.excess)
            self.metrics.note(missing=as_dict(worst))


def _report(outcome: Outcome, delivered: Delivered, shadow: dict[str, Any]) -> BatchReport:
    return BatchReport(
        records=len(outcome.messages) + len(outcome.rejected) + outcome.ignored_events,
        predictions=len(outcome.messages) - len(delivered.unpublished),
        quarantined=Counter(fault.code for _, fault in delivered.rejected),
        failed=len(delivered.failed),
        ignored_members=outcome.ignored_members,
        publish_retries=delivered.resent,
        by_variant=outcome.by_variant(delivered.unpublished),
        shadow=shadow,
        ignored=outcome.ignored_events,
    )
