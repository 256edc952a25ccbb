"""A record that can never be scored, with the reason."""

from typing import NamedTuple

from records.faults import Fault
from records.record import Record


class Rejected(NamedTuple):
    """A record and the reason why it can never be scored."""

    record: Record
    fault: Fault

    @classmethod
    def because(cls, record: Record, fault: Fault) -> "Rejected":
        """Lets go of the fault's traceback, which would keep the event's text and every frame until the batch ends.

        With many faulty records, the garbage collector's walks through all of that were half of the batch's work.
        """
        fault.__context__ = None
        return cls(record, fault.with_traceback(None))
