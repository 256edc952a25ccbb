"""Events of an EventBridge bus, which invokes the function: https://docs.aws.amazon.com/eventbridge/latest/ref/overiew-event-structure.html

The event to score is the `detail`.
"""

from __future__ import annotations

import json

from records.record import Record
from sources.lambda_records import AsynchronousRecords, seconds
from sources.positions import escaped

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_TEXTS = ("id", "source", "account", "region", "time", "detail-type")


class EventBridgeSource(AsynchronousRecords):
    """One event per invocation. A replay from an archive has the same id."""

    name = event_source = "eventbridge"

    def claims(self, event: Any) -> bool:
        return isinstance(event, dict) and "detail" in event and all(type(event.get(name)) is str for name in _TEXTS)

    def envelopes(self, event: Any) -> Sequence[Any]:
        return [event]

    def records(self, envelope: Any, model: str) -> list[Record]:
        position = "|".join((envelope["region"], escaped(envelope["source"]), escaped(envelope["id"])))
        return [
            Record(
                model=model,
                source=self.name,
                arn=envelope["account"],
                position=position,
                partition_key=envelope["id"],
                arrived_at=seconds(envelope["time"]),
                data=json.dumps(envelope["detail"], separators=(",", ":")).encode("ascii"),
                delivery_id=envelope["id"],
            )
        ]

    def arrived_at(self, envelopes: Sequence[Any]) -> float | None:
        return seconds(envelopes[0]["time"])
