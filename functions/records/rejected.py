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
        return cls(record, fault.kept())
