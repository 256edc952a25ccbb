"""What follows when a stream's batch fails: retries, splits, age.

LocalStack 2026.3.0: ignores BisectBatchOnFunctionError, so that one bad record takes its whole batch to the on-failure
destination. A throttle, and a partial failure that made progress, count as retries. Records that are too old have no
`requestContext`, and take the place of those whose retries are used up. A response that is no object is tried again
without end.
AWS: with bisect on, a batch is split in halves when the function fails. When the function returns a sequence number,
what comes before it is done, and the rest begins with a new count; a throttle uses no retry either. Of records that are
too old, `approximateInvokeCount` is 1, and there is no `responseContext`.
Here: as on AWS.
"""

import logging
import uuid
from typing import Any

from localstack.services.lambda_.event_source_mapping import esm_worker_factory
from localstack.services.lambda_.event_source_mapping.event_processor import (
    BatchFailureError,
    PartialBatchFailureError,
)
from localstack.services.lambda_.event_source_mapping.pollers import poller as pollers
from localstack.services.lambda_.event_source_mapping.pollers.stream_poller import StreamPoller
from localstack.utils.backoff import ExponentialBackoff

LOG = logging.getLogger(__name__)

type Events = list[dict[str, Any]]


def apply() -> None:
    get_worker = esm_worker_factory.EsmWorkerFactory.get_esm_worker
    parse = pollers.parse_batch_item_failures

    def get_esm_worker(self: Any) -> Any:
        worker = get_worker(self)
        worker.poller.bisects = bool(self.esm_config.get("BisectBatchOnFunctionError"))
        return worker

    def parse_batch_item_failures(result: Any, valid_item_ids: set[str] | None = None) -> list[str]:
        try:
            failed: list[str] = parse(result, valid_item_ids)
        except (AttributeError, TypeError) as error:  # not an object, or an identifier that is one
            raise ValueError(f"expected batchItemFailures, got {result!r}") from error
        return failed

    esm_worker_factory.EsmWorkerFactory.get_esm_worker = get_esm_worker
    StreamPoller.forward_events_to_target = _forward
    pollers.parse_batch_item_failures = parse_batch_item_failures


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
                self._give_up_exhausted()
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
            if self._poller.bisects and len(self._events) > 1:
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
        failed = pollers.get_batch_item_failures(failure.partial_failure_payload, set(numbers))
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
            context = {
                "requestId": str(uuid.uuid4()),
                "functionArn": self._poller.processor.sender.target_arn,
                "condition": "RecordAgeExceeded",
                "approximateInvokeCount": 1,
            }
            self._poller.send_events_to_dlq(self._shard_id, expired, context={"requestContext": context})

    def _give_up_exhausted(self) -> None:
        context = self._poller.processor.generate_event_failure_context(
            abort_condition="RetryAttemptsExhausted", error=self._error, attempts_count=self._failures
        )
        self._poller.send_events_to_dlq(self._shard_id, self._events, context=context)
