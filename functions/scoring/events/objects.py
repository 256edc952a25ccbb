"""An event that is a JSON object: unwrap it, ignore it, read its row, and copy what passes through."""

from __future__ import annotations

from records.faults import Fault, Ignored
from records.strict_json import decode

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from model_store.event_format import EventFormat
    from scoring.validate import Row, Validator


class ObjectReader:
    """Reads JSON objects, in an envelope or without one.

    Features are read from the unwrapped event. All other paths are of the object as it was sent, in which what the
    envelope encodes (text, typed attributes) is decoded.
    """

    def __init__(self, event: EventFormat, validator: Validator) -> None:
        self._validator = validator
        self._unwrap = self._ignored = self._passing = None
        if event.unwrap != "none":
            from scoring.events.unwrap import UNWRAP

            self._unwrap = UNWRAP[event.unwrap]
        if event.ignore:
            from scoring.events.ignore import IgnoreRules

            self._ignored = IgnoreRules(event.ignore)
        if event.passthrough:
            from scoring.events.passthrough import Passthrough

            self._passing = Passthrough(event.passthrough)

    def row(self, data: bytes) -> Row:
        """The row of an event. Raises Fault, and Ignored."""
        sent = decode(data)
        event, fault = sent, None
        if self._unwrap:
            sent, event, fault = self._unwrapped(sent)
        if self._ignored and self._ignored.match(sent):
            raise Ignored
        if fault:
            raise fault
        row = self._validator.row(event, sent)
        return row._replace(passthrough=self._passing.of(sent)) if self._passing else row

    def _unwrapped(self, sent: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], Fault | None]:
        """What has no event in it may be ignored, so that the fault waits."""
        try:
            return (*self._unwrap(sent), None)  # type: ignore[misc]
        except Fault as fault:
            return sent, {}, fault
