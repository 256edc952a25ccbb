"""A prediction sink that does what a test's script says, call by call."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from records.settings import Settings
from sinks import make_sink
from sinks.errors import SinkUnavailable
from sinks.messages import Call, Message, MessageList
from sinks.sink import Sink
from tests.fakes.clock import FakeClock
from tests.fakes.two_steps import TwoSteps

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

    def begin(self, messages: Call) -> Callable[[], list[int]]:
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

    def begin(self, messages: Call) -> Callable[[], list[int]]:
        keys = {message.partition_key for message in messages}
        assert all(keys.isdisjoint(others) for others in self._open), "a key is in two calls at once"
        self._open.append(keys)
        self.most = max(self.most, len(self._open))
        wait = super().begin(messages)

        def ended() -> list[int]:
            self._open.remove(keys)
            return wait()

        return ended


def configured(kind: str, target: str, client: Callable[[str], Any], **settings: str) -> Sink:
    """The sink that such settings configure, with a client of one step."""
    members = {"TYPE": kind, "TARGET": target} | settings
    return make_sink(Settings(members), lambda service: TwoSteps(client(service)))


def send(sink: Sink, messages: Sequence[Message]) -> list[int]:
    """Send one call's worth, and wait: the indices of the entries not acknowledged.

    To a sink that takes less, in several calls: one that fails does as its entry, unless all of them do.
    """
    if len(messages) <= sink.max_entries:
        return sink.begin(Call(MessageList(messages), range(len(messages))))()
    failed, failure = list[int](), None
    for i, message in enumerate(messages):
        try:
            failed += [i for _ in send(sink, [message])]
        except SinkUnavailable as error:
            failed, failure = [*failed, i], error
    if failure is not None and len(failed) == len(messages):
        raise failure
    return failed


def sized(sink: FakeSink, *, entries: int = 500, call: int = 10**7, entry: int = 10**6) -> FakeSink:
    """The sink with other limits."""
    sink.max_entries, sink.max_bytes, sink.max_entry_bytes = entries, call, entry
    return sink
