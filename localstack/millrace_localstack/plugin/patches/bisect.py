"""BisectBatchOnFunctionError of a Kinesis mapping.

LocalStack 2026.3.0: accepts the setting and ignores it. One bad record takes its whole batch to the on-failure
destination, and a throttled invocation counts as a retry.
AWS: when the function fails, the batch is split in halves; when it returns a sequence number, the batch is split
there. A split uses no retry, nor does a throttle.
Here: a mapping with the setting on is delivered piece by piece; others are LocalStack's own.
"""

import logging
from typing import Any

from localstack.services.lambda_.event_source_mapping import esm_worker_factory
from localstack.services.lambda_.event_source_mapping.event_processor import (
    BatchFailureError,
    PartialBatchFailureError,
)
from localstack.services.lambda_.event_source_mapping.pollers.kinesis_poller import KinesisPoller
from localstack.services.lambda_.event_source_mapping.pollers.poller import get_batch_item_failures
from localstack.utils.backoff import ExponentialBackoff

LOG = logging.getLogger(__name__)

type Events = list[dict[str, Any]]


def apply() -> None:
    get_worker = esm_worker_factory.EsmWorkerFactory.get_esm_worker
    original = KinesisPoller.forward_events_to_target

    def get_esm_worker(self: Any) -> Any:
        worker = get_worker(self)
        worker.poller.bisects = bool(self.esm_config.get("BisectBatchOnFunctionError"))
        return worker

    def forward_events_to_target(self: Any, shard_id: str, records: Any) -> None:
        if getattr(self, "bisects", False):
            _forward(self, shard_id, records)
        else:
            original(self, shard_id, records)

    esm_worker_factory.EsmWorkerFactory.get_esm_worker = get_esm_worker
    KinesisPoller.forward_events_to_target = forward_events_to_target


def _forward(poller: Any, shard_id: str, records: Any) -> None:
    parsed = poller.pre_filter(poller.transform_into_events(records, shard_id))
    events = poller.add_source_metadata(poller.post_filter(poller.filter_events(parsed)))
    pieces = [events] if events else []
    while pieces and not poller._is_shutdown.is_set():
        # In the order of the stream: what a piece falls into comes before what follows it.
        pieces[:1] = _Delivery(poller, shard_id, pieces[0]).run()


class _Delivery:
    """One piece of a batch, until it is delivered, discarded, or split."""

    def __init__(self, poller: Any, shard_id: str, events: Events) -> None:
        self._poller = poller
        self._shard_id = shard_id
        self._events = events
        self._failures = 0
        self._error: dict[str, Any] = {}
        self._backoff = ExponentialBackoff()

    def run(self) -> list[Events]:
        """Deliver; the pieces that it was split into, none if it is done with."""
        while not self._poller._is_shutdown.is_set():
            self._give_up_expired()
            if not self._events:
                return []
            pieces = self._attempt()
            if pieces is not None:
                return pieces
            if self._retries_used_up():
                self._give_up(self._events, "RetryAttemptsExhausted", self._error)
                return []
            self._poller._is_shutdown.wait(self._backoff.next_backoff())
        return []

    def _attempt(self) -> list[Events] | None:
        """One invocation. None if the piece is to be tried again as it is."""
        try:
            self._poller.processor.process_events_batch(self._events)
        except PartialBatchFailureError as failure:
            self._error = failure.error
            first = self._first_failed(failure)
            if first > 0:
                return [self._events[first:]]
            self._failures += 1
            return None
        except BatchFailureError as failure:
            self._error = failure.error
            if len(self._events) > 1:
                middle = len(self._events) // 2
                return [self._events[:middle], self._events[middle:]]
            self._failures += 1
            return None
        except Exception as error:  # the function was not run: throttled, or not there
            LOG.warning("%s: could not invoke, trying again: %s", self._shard_id, error)
            return None
        return []

    def _first_failed(self, failure: PartialBatchFailureError) -> int:
        """The place of the first record to be delivered again; 0 if all are."""
        numbers = [self._poller.get_sequence_number(event) for event in self._events]
        failed = get_batch_item_failures(failure.partial_failure_payload, set(numbers))
        return numbers.index(min(failed, key=int)) if failed else 0

    def _retries_used_up(self) -> bool:
        limit = int(self._poller.stream_parameters.get("MaximumRetryAttempts", -1))
        return 0 <= limit < self._failures

    def _give_up_expired(self) -> None:
        limit = int(self._poller.stream_parameters.get("MaximumRecordAgeInSeconds", -1))
        if limit <= 0:
            return
        self._events, expired = self._poller.bisect_events_by_record_age(limit, self._events)
        if expired:
            self._give_up(expired, "RecordAgeExceeded", {})

    def _give_up(self, events: Events, condition: str, error: dict[str, Any]) -> None:
        context = self._poller.processor.generate_event_failure_context(
            abort_condition=condition, error=error, attempts_count=self._failures
        )
        self._poller.send_events_to_dlq(self._shard_id, events, context=context)
