"""EventBridge: PutEvents.

https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html
"""

from __future__ import annotations

import json

from aws_client.caller import ApiCall, Exceptions
from aws_client.endpoints import arn_region, endpoint
from aws_client.errors import Unreadable
from aws_client.json_answers import entries, explain, members

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from aws_client.caller import Caller, Reply
    from aws_client.endpoints import Endpoint

__all__ = ["Events", "explain"]

# Keyword arguments are botocore's.
# ruff: noqa: N803
_HEADERS = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSEvents.PutEvents"}


class Events:
    """Calls a bus in the region of its ARN; all events of a call are of one bus."""

    exceptions = Exceptions

    def __init__(self, call: Caller, endpoint: Endpoint, environment: Mapping[str, str]) -> None:
        self._call, self._endpoint, self._environment = call, endpoint, environment

    def put_events(self, *, Entries: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        """Each entry has `EventBusName`, `Source`, `DetailType` and `Detail`. Raises CallFailed."""
        return _answer(self._call(self._put_events(Entries)))

    def begin_put_events(self, *, Entries: Sequence[Mapping[str, str]]) -> Callable[[], dict[str, Any]]:
        """Send one request, without retries; the returned function waits for the response. Both raise CallFailed."""
        reply = self._call.begin(self._put_events(Entries))
        return lambda: _answer(reply())

    def _put_events(self, events: Sequence[Mapping[str, str]]) -> ApiCall:
        bus = events[0]["EventBusName"] if events else ""
        there = endpoint("events", arn_region(bus, self._endpoint.region), self._environment)
        body = json.dumps({"Entries": [*map(dict, events)]}, separators=(",", ":")).encode("ascii")
        return ApiCall("PutEvents", there.origin, there.region, _HEADERS, body=body)


def _answer(reply: Reply) -> dict[str, Any]:
    answer = members(reply)
    failed = answer.get("FailedEntryCount")
    if not isinstance(failed, int | None):
        raise Unreadable("expected a number in FailedEntryCount")
    counted = {} if failed is None else {"FailedEntryCount": failed}
    return {"Entries": entries(answer, "Entries"), **counted, "ResponseMetadata": reply.metadata()}
