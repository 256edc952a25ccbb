"""Events into a target, at a pace, several calls at a time, and an account of all of them."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import UTC, datetime
from typing import NamedTuple

from stream_producers.batches import batches
from stream_producers.errors import Interrupted, TargetFailed
from stream_producers.event import Event
from stream_producers.interrupts import uninterrupted
from stream_producers.pace import Pace
from stream_producers.receipts import Receipt
from stream_producers.report import Report
from stream_producers.targets.target import BatchDelivery, Position, Target

CALLS = 4
"""Calls under way at once where nothing else is said."""


class _Sent(NamedTuple):
    batch: Sequence[Event]
    began: str
    delivery: BatchDelivery


def produce(
    events: Iterable[Event],
    target: Target,
    *,
    pace: Pace | None = None,
    calls: int = CALLS,
    receipts: Callable[[Sequence[Receipt]], object] | None = None,
    on_progress: Callable[[Report], object] | None = None,
) -> Report:
    """Send the events, as many and as fast as `pace` says, and report.

    Parameters
    ----------
    calls : calls under way at once, at most what the target allows; with more than one, events may overtake others
    receipts : takes the receipts of accepted events, call by call: a ReceiptFile, or a list's `extend`
    on_progress : takes the report so far, after every call

    Raises
    ------
    TargetFailed : nothing else will be taken either; with the report
    Interrupted : Ctrl-C; the calls under way were waited for and are in the report
    """
    run = _Run(target, min(calls, target.limits.calls), receipts, on_progress)
    try:
        for batch in batches(events, target, pace or Pace(), run.refuse):
            if not run.submit(batch):
                break
        run.drain()
    except KeyboardInterrupt:
        target.stop()
        run.report.interrupted = True
        run.drain()
        raise Interrupted(run.report) from None
    finally:
        run.close()
    if run.stopped_by:
        raise TargetFailed(run.stopped_by, run.report)
    return run.report


class _Run:
    def __init__(
        self,
        target: Target,
        calls: int,
        receipts: Callable[[Sequence[Receipt]], object] | None,
        on_progress: Callable[[Report], object] | None,
    ) -> None:
        self.report = Report()
        self.stopped_by: str | None = None
        self._target, self._calls, self._receipts, self._on_progress = target, calls, receipts, on_progress
        self._pool = ThreadPoolExecutor(calls, thread_name_prefix="producer")
        self._under_way: set[Future[_Sent]] = set()
        self._began = time.monotonic()

    def submit(self, batch: Sequence[Event]) -> bool:
        """Send a batch as soon as there is room; whether the target still takes events."""
        while len(self._under_way) >= self._calls:
            self._settle()
        if not self.stopped_by:
            with uninterrupted():
                self._under_way.add(self._pool.submit(self._send, batch))
        return not self.stopped_by

    def refuse(self, reason: str) -> None:
        self.report.failed += 1
        self.report.reasons[reason] += 1

    def drain(self) -> None:
        while self._under_way:
            self._settle()
        self.report.seconds = time.monotonic() - self._began

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def _send(self, batch: Sequence[Event]) -> _Sent:
        began = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return _Sent(batch, began, self._target.send(batch))

    def _settle(self) -> None:
        """Wait for a call, and enter it in the report."""
        done, _ = wait(self._under_way, return_when=FIRST_COMPLETED)
        with uninterrupted():
            for future in done:
                self._under_way.discard(future)
                self._enter(future.result())
        if self._on_progress:
            self._on_progress(self.report)

    def _enter(self, sent: _Sent) -> None:
        delivery, report = sent.delivery, self.report
        taken = [(event, at) for event, at in zip(sent.batch, delivery.positions, strict=True) if at is not None]
        report.sent += len(taken)
        report.bad += sum(event.expected_code is not None for event, _ in taken)
        report.resent += delivery.resent
        report.failed += len(delivery.reasons)
        report.reasons.update(delivery.reasons)
        report.seconds = time.monotonic() - self._began
        self.stopped_by = self.stopped_by or delivery.stopped_by
        if self._receipts:
            path, began = self._target.path, sent.began
            self._receipts([one for event, at in taken for one in _receipts_of(event, at, path, began)])


def _receipts_of(record: Event, position: Position, path: str, sent_at: str) -> Iterator[Receipt]:
    """One for each event of a record."""
    for index, event in enumerate(record.events) if record.events else [(None, record)]:
        yield Receipt(event.event_id, position, path, sent_at, event.expected_code, event.outcome, index)
