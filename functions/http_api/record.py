"""An event of a request as a record of the source `http`."""

from __future__ import annotations

from records.record import Record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from records.faults import Fault
    from scoring.events.open_inference import Tensor

SOURCE = "http"
# In what form an event is: an object by the manifest's paths, an array of values, a line of CSV, a row of tensors, or
# the value of its one feature.
EVENT, VECTOR, CSV, ROW, VALUE = "event", "vector", "csv", "row", "value"


class HttpRecord(Record):
    """form : of the event. tensors, row : of a request with rows of tensors, whose faults have whole paths.

    request, place : which request of a batch it is of, and its place among that one's events.
    prefix : the JSON Pointer of the event in the request. version : the only model version that may score it; empty:
    the key decides. explained : whether the caller asked for attributions.
    """

    __slots__ = ("explained", "form", "place", "prefix", "request", "row", "tensors", "version")

    def __init__(
        self,
        model: str,
        caller: str,
        key: str,
        partition_key: str,
        arrived_at: float,
        form: str,
        *,
        data: bytes = b"",
        index: int | None = None,
        prefix: str = "",
        tensors: Sequence[Tensor] = (),
        version: str = "",
        explained: bool = False,
    ) -> None:
        """caller, key : the parts of the position, escaped."""
        super().__init__(model, SOURCE, caller, key, partition_key, arrived_at, data, key, index=index)
        self.form, self.prefix, self.tensors, self.row = form, prefix, tensors, index or 0
        self.version, self.explained = version, explained
        self.request, self.place = 0, index or 0

    def where(self, fault: Fault) -> str:
        """The path of a fault in the request."""
        return fault.path if self.form == ROW else self.prefix + fault.path


def escaped(part: str) -> str:
    """A part of a position that a caller chooses, so that no two positions give one text."""
    return part.replace("%", "%25").replace("|", "%7C")
