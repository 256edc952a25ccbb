"""A prediction sink that does what a test's script says, call by call."""

from collections.abc import Iterable, Sequence

from scorer.publish import Message
from tests.fakes.clock import FakeClock

# What one call does: the entries that fail, or an error for the whole call.
Outcome = Sequence[int] | Exception


class FakeSink:
    """Follows `outcomes` call by call, then takes everything; each call takes `seconds` of `clock`."""

    max_entries = 500
    max_bytes = 5 * 1024 * 1024
    max_entry_bytes = 1024 * 1024
    counts_keys = True

    def __init__(
        self, outcomes: Iterable[Outcome] = (), *, clock: FakeClock | None = None, seconds: float = 0.0
    ) -> None:
        self._outcomes, self._clock, self._seconds = iter(outcomes), clock, seconds
        self.calls: list[list[Message]] = []
        self.acknowledged: list[Message] = []

    @property
    def bodies(self) -> list[bytes]:
        return [message.body for message in self.acknowledged]

    def send(self, messages: Sequence[Message]) -> list[int]:
        self.calls.append(list(messages))
        if self._clock is not None:
            self._clock.now += self._seconds
        outcome = next(self._outcomes, [])
        if isinstance(outcome, Exception):
            raise outcome
        failed = sorted(i for i in outcome if i < len(messages))  # in order, as the real sinks tell them
        self.acknowledged += [message for i, message in enumerate(messages) if i not in failed]
        return failed


def sized(sink: FakeSink, *, entries: int = 500, call: int = 10**7, entry: int = 10**6) -> FakeSink:
    """The sink with other limits."""
    sink.max_entries, sink.max_bytes, sink.max_entry_bytes = entries, call, entry
    return sink
