"""What a prediction sink is: limits, and one call that reports which entries failed."""

from collections.abc import Callable, Sequence
from typing import Protocol

from sinks.messages import Message

MIB = 1024 * 1024
KIB = 1024

# Waits for the answer to a call; the indices of the entries not acknowledged.
Wait = Callable[[], list[int]]


class SinkUnavailable(Exception):
    """The whole call failed in a way that may pass: a throttle, a server error, a time-out."""


class SinkRefused(Exception):
    """The whole call failed in a way that will not pass within this invocation: access, a missing sink."""


class Sink(Protocol):
    """Where predictions go. `max_entries` and `max_bytes` bound one call, `max_entry_bytes` one message.

    `counts_keys` tells whether partition keys count towards the bytes.

    A message counts as sent only where the answer says so: what an answer leaves out, or contradicts itself about, is
    sent again, because consumers can drop a prediction that came twice, and nobody can make up for a lost one.
    """

    max_entries: int
    max_bytes: int
    max_entry_bytes: int
    counts_keys: bool

    def begin(self, messages: Sequence[Message]) -> Wait:
        """Begin to send one call's worth: calls that have begun are in flight together. No Wait may be left out.

        It raises SinkUnavailable and SinkRefused, and so does what it gives.
        """

    def send(self, messages: Sequence[Message]) -> list[int]:
        """The same in one step."""
        return self.begin(messages)()
