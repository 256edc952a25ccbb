"""What a prediction sink is: limits, and one call that reports which entries failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sinks.messages import Call

# Waits for the answer to a call; the indices of the entries not acknowledged. It raises as `begin` does.
Wait = Callable[[], list[int]]


class Sink(Protocol):
    """Where predictions go: one file in this package each, and an entry in `SINKS`.

    `max_entries` and `max_bytes` bound one call, `max_entry_bytes` one message; partition keys count towards the bytes
    where `counts_keys`.

    A message counts as sent only where the answer says so: what an answer leaves out, or contradicts itself about, is
    sent again, because consumers can drop a prediction that came twice, and a lost one is lost to them.
    """

    max_entries: int
    max_bytes: int
    max_entry_bytes: int
    counts_keys: bool

    def begin(self, call: Call) -> Wait:
        """Begin to send one call's worth: calls that have begun are in flight together. Every Wait must be called.

        Raises SinkUnavailable, SinkRefused.
        """
