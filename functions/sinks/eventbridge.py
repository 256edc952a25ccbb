"""EventBridge as a prediction sink: https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html"""

from __future__ import annotations

from sinks.calls import begun
from sinks.counted import refused
from sinks.put_records import KIB

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from records.settings import Settings
    from sinks.messages import Call
    from sinks.sink import Sink, Wait

SOURCE, DETAIL_TYPE = "millrace", "Prediction"
# These count with the detail: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-putevents.html
_AROUND = len(SOURCE) + len(DETAIL_TYPE)


def make(settings: Settings, client: Callable[[str], Any]) -> Sink:
    """settings : `TARGET`, ARN of the event bus."""
    return EventBridgeSink(client("events"), settings.text("TARGET"))


class EventBridgeSink:
    """One event per prediction, which is its detail. Limits of PutEvents: 10 events, 256 KiB together."""

    max_entries = 10
    max_bytes = 256 * KIB - max_entries * _AROUND
    max_entry_bytes = 256 * KIB - max_entries * _AROUND
    counts_keys = False

    def __init__(self, events: Any, bus_arn: str) -> None:
        self._events, self._bus_arn = events, bus_arn

    def begin(self, call: Call) -> Wait:
        fixed = {"EventBusName": self._bus_arn, "Source": SOURCE, "DetailType": DETAIL_TYPE}
        entries = [fixed | {"Detail": message.body.decode("ascii")} for message in call]
        answer = begun("put_events", lambda: self._events.begin_put_events(Entries=entries))
        members = {"results": "Entries", "identifier": "EventId", "failures": "FailedEntryCount"}
        return lambda: refused(answer(), len(entries), **members)
