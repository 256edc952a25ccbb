"""The interface of prediction sinks: limits, and a call that reports the entries that failed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

TYPE_CHECKING = False
if TYPE_CHECKING:
    from sinks.messages import Call

# Waits for a call's response, and returns the indices of the entries not acknowledged. Raises as `begin` does.
Wait = Callable[[], list[int]]


class Sink(Protocol):
    """A prediction sink: one file in this package, and an entry in `SINKS`.

    max_entries, max_bytes : limits of one call. max_entry_bytes : limit of one message. counts_keys : partition keys
    count towards the bytes.

    A message counts as sent only if the response says so. If the response omits it or contradicts itself, the message
    is sent again: consumers can drop duplicates, but cannot restore a lost prediction.
    """

    max_entries: int
    max_bytes: int
    max_entry_bytes: int
    counts_keys: bool

    def begin(self, call: Call) -> Wait:
        """Send one call without waiting for the response. The caller must call every Wait.

        Raises SinkUnavailable, SinkRefused.
        """
