"""The publisher: what could not be sent stays visible to the caller, always."""

import logging
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from resilience.circuit_breaker import Circuit
from resilience.deadline import Deadline
from resilience.retry import Retry
from sinks.messages import Call, Limit, Messages
from sinks.sink import Sink, SinkRefused, SinkUnavailable, Wait

LOG = logging.getLogger(__name__)

# Calls in flight at once. A call takes 10 ms or more, nearly all of it waiting; a batch of 5,000 makes ten.
IN_FLIGHT = 12
# How full the calls of several lanes are meant to be: keys do not spread evenly, and a lane too full needs one more.
FULL = 0.85

# A call's indices that the sink did not acknowledge, and the failure of the call as a whole.
Outcome = tuple[Sequence[int], Exception | None]


class Publisher:
    """Publishes messages to one sink in full calls and resends only the entries that failed.

    Made once a container, with a circuit that all its invocations share. `retried` counts entries sent again.

    Up to `in_flight` calls are begun before the first answer is waited for, and the messages of one partition key never
    are in two of them: without faults they arrive in their order.
    """

    def __init__(
        self, sink: Sink, retry: Retry | None = None, circuit: Circuit | None = None, *, in_flight: int = 1
    ) -> None:
        self._sink, self._retry, self._in_flight = sink, retry or Retry(), in_flight
        self._circuit = circuit or Circuit(random=self._retry.random, sleep=self._retry.sleep)
        self._tried = set[int]()  # of the present batch's messages, those that a call held in vain
        self.retried = 0

    @property
    def limit(self) -> Limit:
        """What one message may have."""
        return Limit(self._sink.max_entry_bytes, self._sink.counts_keys)

    def publish(self, messages: Messages, deadline: Deadline) -> list[int]:
        """Send all messages; the indices of those that the sink did not acknowledge in time, in order."""
        pending: Sequence[int] = range(len(messages))
        again = bool(pending)
        self._tried.clear()
        attempts = self._retry.attempts(deadline)
        while again and next(attempts, None) is not None and self._circuit.wait(deadline):
            pending, again = self._round(messages, pending, deadline)
        return sorted(pending)

    def _round(self, messages: Messages, pending: Sequence[int], deadline: Deadline) -> tuple[Sequence[int], bool]:
        """Try every pending message once: what is left, in the order to try it in, and whether that may help.

        A call that fails as a whole ends the round, so that a sink in trouble gets a pause and not a hail of calls.
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
                # The next probe is made with others: a message that no call survives must not keep the circuit open.
                return [*_flat(_flat(waves)), *left], True
            if failures:
                again = any(isinstance(failure, SinkUnavailable) for failure in failures)
                return [*left, *_flat(_flat(waves))], again
        return [*left, *_flat(_flat(waves))], bool(left) and not waves

    def _waves(self, messages: Messages, pending: Sequence[int]) -> Iterator[list[Sequence[int]]]:
        """The calls to make, in waves of those that are in flight together; one by one where the last one failed."""
        sink = self._sink
        needed = int(len(pending) / (sink.max_entries * FULL)) + 1
        lanes = 1 if self._circuit.troubled or len(pending) <= sink.max_entries else min(needed, self._in_flight)
        dealt = messages.cut(pending, sink.max_entries, sink.max_bytes, sink.counts_keys, lanes)
        for wave in zip_longest(*dealt):
            yield [call for call in wave if call is not None]

    def _send(self, messages: Messages, calls: list[Sequence[int]], deadline: Deadline) -> list[Outcome]:
        """Begin the calls of a wave, up to one that fails or would come too late; the outcomes of those that began."""
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
            self.retried += sum(index in self._tried for index in call.indices)
        try:
            return self._sink.begin(call)
        except (SinkUnavailable, SinkRefused) as failure:
            return failure

    def _account(self, calls: list[Sequence[int]], outcomes: list[Outcome]) -> None:
        """Log what failed, and tell the circuit: calls that were in flight together fail as one."""
        for indices, (failed, failure) in zip(calls, outcomes, strict=True):
            self._tried.update(failed)
            if failure is not None:
                LOG.warning("%s: %s", type(failure).__name__, failure)
            elif failed:
                LOG.warning("the prediction sink took %d of %d entries", len(indices) - len(failed), len(indices))
        if sum(map(len, calls)) > sum(len(failed) for failed, _ in outcomes):
            self._circuit.succeeded()
        else:
            self._circuit.failed()


def _outcome(begun: Wait | Exception, indices: Sequence[int]) -> Outcome:
    """What became of a call of the messages with these indices."""
    if isinstance(begun, Exception):
        return indices, begun
    try:
        return [indices[i] for i in begun()], None
    except (SinkUnavailable, SinkRefused) as failure:
        return indices, failure


def _flat[T](parts: Iterable[Iterable[T]]) -> list[T]:
    return [item for part in parts for item in part]
