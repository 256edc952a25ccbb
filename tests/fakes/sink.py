"""A prediction sink that does what a test's script says, call by call."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sinks.messages import Message
from sinks.sink import Sink
from tests.fakes.clock import FakeClock

# What one call does: the entries that fail, or an error for the whole call.
Outcome = Sequence[int] | Exception


class FakeSink(Sink):
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

    def begin(self, messages: Sequence[Message]) -> Callable[[], list[int]]:
        self.calls.append(list(messages))
        outcome = next(self._outcomes, [])
        ends = self._clock.now + self._seconds if self._clock else 0.0

        def wait() -> list[int]:
            if self._clock is not None:
                self._clock.now = max(self._clock.now, ends)
            if isinstance(outcome, Exception):
                raise outcome
            failed = sorted(i for i in outcome if i < len(messages))  # in order, as the real sinks tell them
            self.acknowledged += [message for i, message in enumerate(messages) if i not in failed]
            return failed

        return wait


class InFlightSink(FakeSink):
    """Knows the calls that are in flight, `most` of them at once; no key may be in two of them."""

    def __init__(self, outcomes: Iterable[Outcome] = (), **more: Any) -> None:
        super().__init__(outcomes, **more)
        self._open: list[set[str]] = []
        self.most = 0

    def begin(self, messages: Sequence[Message]) -> Callable[[], list[int]]:
        keys = {message.partition_key for message in messages}
        assert all(keys.isdisjoint(others) for others in self._open), "a key is in two calls at once"
        self._open.append(keys)
        self.most = max(self.most, len(self._open))
        wait = super().begin(messages)

        def ended() -> list[int]:
            self._open.remove(keys)
            return wait()

        return ended


def sized(sink: FakeSink, *, entries: int = 500, call: int = 10**7, entry: int = 10**6) -> FakeSink:
    """The sink with other limits."""
    sink.max_entries, sink.max_bytes, sink.max_entry_bytes = entries, call, entry
    return sink
