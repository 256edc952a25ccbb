"""The publisher: what could not be sent stays visible to the caller, always."""

import logging
from collections import deque
from collections.abc import Iterable, Sequence

from scorer.cut import cut
from scorer.deadline import Deadline
from scorer.publish.circuit import Circuit
from scorer.publish.sinks import Message, Sink, SinkRefused, SinkUnavailable
from scorer.retry import Retry

LOG = logging.getLogger(__name__)


class Publisher:
    """Publishes messages to one sink in full batches and resends only the entries that failed.

    Made once a container, with a circuit that all its invocations share. `retried` counts entries sent again.
    """

    def __init__(self, sink: Sink, retry: Retry | None = None, circuit: Circuit | None = None) -> None:
        self._sink, self._retry = sink, retry or Retry()
        self._circuit = circuit or Circuit(random=self._retry.random, sleep=self._retry.sleep)
        self._untried = 0  # the first message of this batch that no call held yet: first attempts are made in order
        self.retried = 0

    def fits(self, message: Message) -> bool:
        """Whether the sink can ever take the message."""
        return self._sink.size(message) <= self._sink.max_entry_bytes

    def publish(self, messages: Sequence[Message], deadline: Deadline) -> list[int]:
        """Send all messages; the indices of those that the sink did not acknowledge in time, in order."""
        pending, again = list(range(len(messages))), bool(messages)
        self._untried = 0
        attempts = self._retry.attempts(deadline)
        while again and next(attempts, None) is not None and self._circuit.wait(deadline):
            pending, again = self._round(messages, pending, deadline)
        return sorted(pending)

    def _round(self, messages: Sequence[Message], pending: list[int], deadline: Deadline) -> tuple[list[int], bool]:
        """Try every pending message once: what is left, in the order to try it in, and whether that may help.

        A call that fails as a whole ends the round, so that a sink in trouble gets a pause and not a hail of calls.
        """
        left: list[int] = []
        sink = self._sink
        calls = deque(cut(pending, lambda i: sink.size(messages[i]), most=sink.max_entries, most_bytes=sink.max_bytes))
        while calls and deadline.allows_call():
            failed, failure = self._send(messages, calls.popleft())
            if self._circuit.is_open:
                # The next probe is made with others: a message that no call survives must not keep the circuit open.
                return _flat(calls) + left + failed, True
            if failure is not None:
                return left + failed + _flat(calls), isinstance(failure, SinkUnavailable)
            left += failed
        return left + _flat(calls), bool(left) and not calls

    def _send(self, messages: Sequence[Message], indices: list[int]) -> tuple[list[int], Exception | None]:
        """Make one call: the indices that the sink did not acknowledge, and the failure of the call as a whole."""
        self.retried += sum(index < self._untried for index in indices)
        self._untried = max(self._untried, max(indices) + 1)
        try:
            failed = [indices[i] for i in self._sink.send([messages[i] for i in indices])]
        except (SinkUnavailable, SinkRefused) as failure:
            LOG.warning("%s: %s", type(failure).__name__, failure)
            self._circuit.failed()
            return indices, failure
        if failed:
            LOG.warning("the prediction sink took %d of %d entries", len(indices) - len(failed), len(indices))
        if len(failed) < len(indices):
            self._circuit.succeeded()
        else:
            self._circuit.failed()
        return failed, None


def _flat(calls: Iterable[Sequence[int]]) -> list[int]:
    return [index for call in calls for index in call]
