"""Delivers an outcome: predictions to the sink, rejected records to quarantine."""

from __future__ import annotations

from records.delivered import Delivered
from telemetry.metrics import EVENT_AGE, PUBLISH_DURATION, QUARANTINE_DURATION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    from resilience.deadline import Deadline
    from scoring.outcome import Outcome
    from sinks.messages import Limit
    from sinks.publisher import Publisher
    from sinks.quarantine import Quarantine
    from telemetry.metrics import Metrics

    class Delivery(Protocol):
        """Delivers the outcome of a batch."""

        @property
        def limit(self) -> Limit:
            """The size limit of one prediction."""

        def deliver(self, outcome: Outcome, now: float, deadline: Deadline) -> Delivered:
            """now : when the batch was scored, in seconds since the epoch."""


class SinkDelivery:
    """Publishes predictions to the sink, and writes rejected records to quarantine. One for each container."""

    def __init__(self, publisher: Publisher, quarantine: Quarantine, metrics: Metrics) -> None:
        self._publisher, self._quarantine, self._metrics = publisher, quarantine, metrics

    @property
    def limit(self) -> Limit:
        return self._publisher.limit

    def deliver(self, outcome: Outcome, now: float, deadline: Deadline) -> Delivered:
        metrics, resent = self._metrics, self._publisher.resent
        with metrics.timed(PUBLISH_DURATION):
            unpublished = self._publisher.publish(outcome.messages, deadline)
        if len(unpublished) < len(outcome.messages):
            metrics.since(EVENT_AGE, outcome.batch.arrived_at())
        with metrics.timed(QUARANTINE_DURATION):
            unkept = self._quarantine.put(outcome.rejected, now, deadline)
        return Delivered(
            failed=[*map(outcome.record, unpublished), *unkept],
            rejected=[] if unkept else outcome.rejected,
            ignored=outcome.ignored(),
            unpublished=unpublished,
            resent=self._publisher.resent - resent,
        )
