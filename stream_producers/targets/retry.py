"""Sending a batch until every entry is accepted or has failed in each attempt: only what failed is sent again."""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from resilience.backoff import full_jitter
from stream_producers.event import Event
from stream_producers.targets.target import BatchDelivery, Position


class Taken(NamedTuple):
    """An entry that the service accepted."""

    position: Position


class Refused(NamedTuple):
    """An entry that the service did not accept; `may_pass` where the same entry may be accepted later."""

    reason: str
    may_pass: bool = True


class TargetCallFailed(Exception):
    """A whole call failed: it says nothing of any entry. `may_pass` where the same call may succeed later."""

    def __init__(self, reason: str, *, may_pass: bool) -> None:
        super().__init__(reason)
        self.may_pass = may_pass


Call = Callable[[Sequence[Event]], Sequence[Taken | Refused]]


class BatchRetry:
    """Up to `attempts` calls for an entry, with waits below `base`, 2 x `base`, ... `cap` seconds in between."""

    def __init__(
        self,
        attempts: int = 10,
        base: float = 0.05,
        cap: float = 5.0,
        *,
        jitter: Callable[[], float] = random.random,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        self.attempts, self._base, self._cap, self._jitter = attempts, base, cap, jitter
        self._stopped = threading.Event()
        self._wait = wait or self._stopped.wait

    def stop(self) -> None:
        """End every wait, and begin no other attempt."""
        self._stopped.set()

    def deliver(self, batch: Sequence[Event], call: Call) -> BatchDelivery:
        """Call with the whole batch, then with what failed and may pass."""
        run = _Run(batch)
        for attempt in self._turns():
            run.delivery.resent += len(run.pending) if attempt else 0
            try:
                run.take(call([batch[i] for i in run.pending]))
            except TargetCallFailed as failure:
                run.fail(failure)
            if not run.pending or run.hopeless:
                break
        return run.close()

    def _turns(self) -> Iterator[int]:
        for attempt in range(self.attempts):
            if attempt:
                self._wait(full_jitter(attempt - 1, self._base, self._cap, self._jitter))
            if attempt and self._stopped.is_set():
                return
            yield attempt


class _Run:
    """One batch under way: what is pending, with the last reason for each."""

    def __init__(self, batch: Sequence[Event]) -> None:
        self.delivery = BatchDelivery([None] * len(batch))
        self.pending: dict[int, str] = dict.fromkeys(range(len(batch)), "not sent")
        self.hopeless = False
        self._failure: TargetCallFailed | None = None

    def take(self, verdicts: Sequence[Taken | Refused]) -> None:
        self._failure = None
        for i, verdict in zip(list(self.pending), verdicts, strict=True):
            if isinstance(verdict, Refused) and verdict.may_pass:
                self.pending[i] = verdict.reason
                continue
            del self.pending[i]
            if isinstance(verdict, Taken):
                self.delivery.positions[i] = verdict.position
            else:
                self.delivery.reasons.append(verdict.reason)

    def fail(self, failure: TargetCallFailed) -> None:
        self._failure = failure
        self.hopeless = not failure.may_pass
        self.pending = dict.fromkeys(self.pending, str(failure))

    def close(self) -> BatchDelivery:
        self.delivery.reasons += self.pending.values()
        if self._failure:
            self.delivery.stopped_by = str(self._failure)
        return self.delivery
