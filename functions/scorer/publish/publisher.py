"""The publisher: what could not be sent stays visible to the caller, always."""

import logging
from collections.abc import Iterator, Sequence

from scorer.deadline import Deadline
from scorer.publish.sinks import Message, Sink, SinkRefused, SinkUnavailable
from scorer.retry import Retry

LOG = logging.getLogger(__name__)


class Publisher:
    """Publishes messages to one sink in full batches and resends only the entries that failed."""

    def __init__(self, sink: Sink, retry: Retry | None = None) -> None:
        self._sink, self._retry = sink, retry or Retry()
        self.retried = 0

    def fits(self, message: Message) -> bool:
        """Whether the sink can ever take the message."""
        return self._sink.size(message) <= self._sink.max_entry_bytes

    def publish(self, messages: Sequence[Message], deadline: Deadline) -> list[int]:
        """Send all messages; the indices of those that the sink did not acknowledge in time, in order."""
        pending = list(range(len(messages)))
        for attempt in self._retry.attempts(deadline):
            self.retried += len(pending) if attempt else 0
            pending, again = self._round(messages, pending, deadline)
            if not again:
                break
        return pending

    def _round(self, messages: Sequence[Message], pending: list[int], deadline: Deadline) -> tuple[list[int], bool]:
        """Try every pending message once: what is left, and whether trying again may help.

        A call that fails as a whole ends the round, so that a sink in trouble gets a pause and not a hail of calls.
        """
        left: list[int] = []
        calls = list(self._calls(messages, pending))
        for number, indices in enumerate(calls):
            if not deadline.allows_call():
                return left + _flat(calls[number:]), False
            try:
                refused = self._sink.send([messages[i] for i in indices])
            except (SinkUnavailable, SinkRefused) as failure:
                LOG.warning("%s: %s", type(failure).__name__, failure)
                return left + _flat(calls[number:]), isinstance(failure, SinkUnavailable)
            if refused:
                LOG.warning("the prediction sink took %d of %d entries", len(indices) - len(refused), len(indices))
            left += [indices[i] for i in refused]
        return left, bool(left)

    def _calls(self, messages: Sequence[Message], pending: list[int]) -> Iterator[list[int]]:
        """Cut `pending` into calls as large as the sink's limits allow."""
        call: list[int] = []
        total = 0
        for index in pending:
            size = self._sink.size(messages[index])
            if call and (len(call) == self._sink.max_entries or total + size > self._sink.max_bytes):
                yield call
                call, total = [], 0
            call.append(index)
            total += size
        if call:
            yield call


def _flat(calls: Sequence[Sequence[int]]) -> list[int]:
    return [index for call in calls for index in call]
