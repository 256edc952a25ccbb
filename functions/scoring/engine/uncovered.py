"""What the native engine does not cover: it is read and written in Python, and its messages are C's."""

from __future__ import annotations

from scoring.engine.reference import ReferenceTable
from sinks.messages import MessageList

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from records.faults import Fault
    from sinks.messages import Limit


class UncoveredTable(ReferenceTable):
    """The rows of a variant whose manifest C does not cover: all of them are read and written in Python."""

    def encode(self, now: float, limit: Limit, messages: Any) -> list[tuple[int, Fault]]:
        """As ReferenceTable's, into C's messages."""
        ours = MessageList()
        unfit = super().encode(now, limit, ours)
        for message in ours:
            messages.append(*message)
        return unfit
