"""The publisher: sends messages to a sink, and reports every message that it could not send."""

from __future__ import annotations

import logging
from collections import deque
from itertools import zip_longest

from resilience.circuit_breaker import CircuitBreaker
from resilience.retry import Retry
from sinks.errors import SinkRefused, SinkUnavailable
from sinks.messages import Call, Limit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from resilience.deadline import Deadline
    from sinks.messages import Messages
    from sinks.sink import Sink, Wait

    # The indices of a call that the sink did not acknowledge, and the error if the whole call failed.
    CallOutcome = tuple[Sequence[int], Exception | None]

LOG = logging.getLogger(__name__)

# Calls in flight at a time. A call waits 10 ms or more for its response; a batch of 5,000 needs ten calls.
IN_FLIGHT = 12
# The target fill of calls in several lanes: keys are distributed unevenly, and a lane above 1 needs another call.
FULL = 0.85


class Publisher:
    """Publishes messages to one sink in full calls, and resends only the entries that failed.

    One for each container; its invocations share the circuit breaker. `resent` counts entries sent again.

    in_flight : the maximum number of calls at a time. The messages of one partition key are never in two calls at a
    time, so without failures they arrive in order.
    """

    def __init__(
        self, sink: Sink, retry: Retry | None = None, circuit: CircuitBreaker | None = None, *, in_flight: int = 1
    ) -> None:
        self._sink, self._retry, self._in_flight = sink, retry or Retry(), in_flight
        self._circuit = circuit or CircuitBreaker(random=self._retry.random, sleep=self._retry.sleep)
        self._tried = set[int]()  # the messages of the current batch that were sent without success
        self.resent = 0

    @property
    def limit(self) -> Limit:
        """The size limit of one message."""
        return Limit(self._sink.max_entry_bytes, self._sink.counts_keys)

    def publish(self, messages: Messages, deadline: Deadline) -> list[int]:
        """Send all messages; returns the indices of those that the sink did not acknowledge in time, in order."""
        pending: Sequence[int] = range(len(messages))
        again = bool(pending)
        self._tried.clear()
        attempts = self._retry.attempts(deadline)
        while again and next(attempts, None) is not None and self._circuit.wait(deadline):
            pending, again = self._round(messages, pending, deadline)
        return sorted(pending)

    def _round(self, messages: Messages, pending: Sequence[int], deadline: Deadline) -> tuple[Sequence[int], bool]:
        """Try each pending message once; returns those to try next, in order, and whether another round can help.

        A call that fails as a whole ends the round, so that a failing sink gets a pause before more calls.
        """
        left: list[int] = []
        waves = deque(self._waves(messages, pending))
        while waves and deadline.allows_call():
            calls = waves.popleft()
            outcomes = self._send(messages, calls, deadline)
            if unsent := calls[len(outcomes) :]:
                waves.appendleft(unsent)
            failures = [failure for _, failure in outcomes if failure is not None]
            left += _flat(failed for failed, _ in outcomes)
            if self._circuit.is_open:
                # The next probe sends other messages: one that fails every call must not keep the circuit open.
                return [*_flat(_flat(waves)), *left], True
            if failures:
                again = any(isinstance(failure, SinkUnavailable) for failure in failures)
                return [*left, *_flat(_flat(waves))], again
        return [*left, *_flat(_flat(waves))], bool(left) and not waves

    def _waves(self, messages: Messages, pending: Sequence[int]) -> Iterator[list[Sequence[int]]]:
        """The calls to make, in waves of calls that are in flight at a time.

        If the last call failed, the first wave is one call: others follow only if that succeeds.
        """
        sink = self._sink
        if self._circuit.last_call_failed and pending:
            ((first, *_),) = messages.cut(pending, sink.max_entries, sink.max_bytes, sink.counts_keys)
            yield [first]
            pending = pending[len(first) :]
        needed = int(len(pending) / (sink.max_entries * FULL)) + 1
        lanes = 1 if len(pending) <= sink.max_entries else min(needed, self._in_flight)
        calls = messages.cut(pending, sink.max_entries, sink.max_bytes, sink.counts_keys, lanes)
        for wave in zip_longest(*calls):
            yield [call for call in wave if call is not None]

    def _send(self, messages: Messages, calls: list[Sequence[int]], deadline: Deadline) -> list[CallOutcome]:
        """Begin the calls of a wave until one fails or the deadline allows no more; returns the outcomes of those."""
        begun: list[Wait | Exception] = []
        for indices in calls:
            begun.append(self._begin(Call(messages, indices)))
            if isinstance(begun[-1], Exception) or not deadline.allows_call():
                break
        calls = calls[: len(begun)]
        outcomes = [_outcome(call, indices) for indices, call in zip(calls, begun, strict=True)]
        self._account(calls, outcomes)
        return outcomes

    def _begin(self, call: Call) -> Wait | Exception:
        if self._tried:
            self.resent += sum(index in self._tried for index in call.indices)
        try:
            return self._sink.begin(call)
        except (SinkUnavailable, SinkRefused) as failure:
            return failure

    def _account(self, calls: list[Sequence[int]], outcomes: list[CallOutcome]) -> None:
        """Log failures and update the circuit breaker; the calls of a wave count as one call."""
        for indices, (failed, failure) in zip(calls, outcomes, strict=True):
            self._tried.update(failed)
            if failure is not None:
                LOG.warning("%s: %s", type(failure).__name__, failure)
            elif failed:
                LOG.warning("prediction sink: accepted %d of %d entries", len(indices) - len(failed), len(indices))
        if sum(map(len, calls)) > sum(len(failed) for failed, _ in outcomes):
            self._circuit.succeeded()
        else:
            self._circuit.failed()


def _outcome(begun: Wait | Exception, indices: Sequence[int]) -> CallOutcome:
    if isinstance(begun, Exception):
        return indices, begun
    try:
        return [indices[i] for i in begun()], None
    except (SinkUnavailable, SinkRefused) as failure:
        return indices, failure


def _flat[T](parts: Iterable[Iterable[T]]) -> list[T]:
    return [item for part in parts for item in part]
