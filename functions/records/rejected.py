"""A record that can never be scored, with the reason."""

from __future__ import annotations

from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from records.faults import Fault
    from records.record import Record


class Rejected(namedtuple("Rejected", ("record", "fault"))):
    __slots__ = ()
    record: Record
    fault: Fault

    @classmethod
    def because(cls, record: Record, fault: Fault) -> Rejected:
        """Drop the fault's traceback, which would keep the event's text and every frame until the batch ends.

        With many faulty records, the garbage collector took half of the batch's time to traverse them.
        """
        fault.__context__ = None
        return cls(record, fault.with_traceback(None))
