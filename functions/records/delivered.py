"""The result of delivering a batch."""

from __future__ import annotations

from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence, Set

    from records.record import Record
    from records.rejected import Rejected


class Delivered(Value):
    """Every record was published or replied, rejected, ignored, or failed.

    failed : neither published nor quarantined; the source delivers them again.
    rejected : can never be scored; they are in quarantine, or in the reply.
    ignored : where the source's response names them, the delivery ids that hold no event.
    predictions : for a synchronous caller: each record with the JSON of its prediction.
    unpublished : the indices of the messages that the sink did not acknowledge. resent : the number of entries sent
    again.
    """

    failed: Sequence[Record] = ()
    rejected: Sequence[Rejected] = ()
    ignored: Set[str] = frozenset()
    predictions: Sequence[tuple[Record, bytes]] = ()
    unpublished: Sequence[int] = ()
    resent: int = 0
