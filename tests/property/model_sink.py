"""A sink as bad as real ones: it throttles, fails entries, times out before or after it commits, changes its mind."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from sinks.messages import Message
from sinks.sink import Sink, SinkRefused, SinkUnavailable
from tests.fakes.clock import FakeClock


class Mood(Enum):
    """What a call meets."""

    TAKES = auto()
    TAKES_SOME = auto()  # by the mask: entry i fails where bit i modulo 16 is set
    TAKES_NONE = auto()
    THROTTLES = auto()
    REFUSES = auto()
    NEVER_SENT = auto()  # the request does not go out
    TIMES_OUT_BEFORE = auto()
    TIMES_OUT_AFTER = auto()  # everything is committed, and nobody hears of it


@dataclass
class ModelSink(Sink):
    """Does with each call what `next_mood` says, and remembers everything.

    Messages are told apart by their partition key; `calls` holds the keys of each call, and `began` its time.
    """

    clock: FakeClock
    next_mood: Callable[[], tuple[Mood, int]]
    seconds: float = 0.02  # until the answer is there
    sending: float = 0.0  # until the request is out
    max_entries: int = 500
    max_bytes: int = 10**7
    max_entry_bytes: int = 10**6
    counts_keys: bool = False
    calls: list[list[str]] = field(default_factory=list)
    began: list[float] = field(default_factory=list)
    committed: list[str] = field(default_factory=list)
    acknowledged: list[str] = field(default_factory=list)

    def begin(self, messages: Sequence[Message]) -> Callable[[], list[int]]:
        assert 0 < len(messages) <= self.max_entries
        assert sum(len(message.body) for message in messages) <= self.max_bytes
        keys = [message.partition_key for message in messages]
        self.calls.append(keys)
        self.began.append(self.clock())
        mood, mask = self.next_mood()
        if mood is Mood.NEVER_SENT:
            self.clock.now += 3.0
            raise SinkUnavailable(mood.name)
        timed_out = mood in (Mood.TIMES_OUT_BEFORE, Mood.TIMES_OUT_AFTER)
        ends = self.clock() + (3.0 if timed_out else max(self.seconds, self.sending))
        self.clock.now += self.sending

        def wait() -> list[int]:
            self.clock.now = max(self.clock(), ends)
            if mood is Mood.TIMES_OUT_AFTER:
                self.committed.extend(keys)
            if timed_out or mood is Mood.THROTTLES:
                raise SinkUnavailable(mood.name)
            if mood is Mood.REFUSES:
                raise SinkRefused(mood.name)
            failed = [i for i in range(len(keys)) if _fails(mood, mask, i)]
            taken = [key for i, key in enumerate(keys) if i not in failed]
            self.committed.extend(taken)
            self.acknowledged.extend(taken)
            return failed

        return wait


def _fails(mood: Mood, mask: int, index: int) -> bool:
    return mood is Mood.TAKES_NONE or (mood is Mood.TAKES_SOME and bool(mask >> index % 16 & 1))


def first_attempts(calls: Sequence[Sequence[str]]) -> list[str]:
    """The keys in the order in which a call first held them."""
    return list(dict.fromkeys(key for call in calls for key in call))
