"""A batch of which no record was settled: the response to its source.

Lambda halves a Kinesis batch whose invocation raised, again and again down to single records. That isolates a record
that crashes the scorer. Where every record fails, for lack of a model or by a wrong setting, it costs about five
invocations and an on-failure object for each record; then the batch is reported instead. docs/adr/0036.
"""

from __future__ import annotations

import logging

from records.faults import ScorerError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from sources.batch import Batch
    from telemetry.metrics import Metrics

LOG = logging.getLogger(__name__)

# Halving a batch of 10,000, the largest, down to one record takes 14 steps: more crashes in a row have another cause.
MOST_CRASHES = 15


class FailedBatches:
    """Decides between raising and reporting. One for each container."""

    def __init__(self, metrics: Metrics) -> None:
        self._metrics, self._crashes = metrics, 0

    def settled(self) -> None:
        """Note that a batch did not fail."""
        self._crashes = 0

    def respond(self, batch: Batch, error: Exception) -> dict[str, Any]:
        """The response to a batch that failed because of `error`. Raises `error` where the source must see it."""
        if not isinstance(error, ScorerError):
            self._crashes += 1
            if self._crashes <= MOST_CRASHES:
                raise error
        response = batch.respond_failed(error)
        self._metrics.failed(error)
        if isinstance(error, ScorerError):
            LOG.error("batch reported as failed: %s: %s", type(error).__name__, error)
        else:  # what Python says of a crash can quote the event
            LOG.error("batch reported as failed: %s", type(error).__name__, exc_info=error)
        return response
