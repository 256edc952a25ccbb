"""DynamoDB: PutItem.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_PutItem.html
"""

from __future__ import annotations

import json

from aws_client.caller import ApiCall, Exceptions
from aws_client.endpoints import arn_region, endpoint
from aws_client.errors import Unreadable
from aws_client.json_answers import explain, members

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from aws_client.caller import Caller, Reply
    from aws_client.endpoints import Endpoint

__all__ = ["DynamoDb", "explain"]

_HEADERS = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "DynamoDB_20120810.PutItem"}


class DynamoDb:
    """Calls a table in the region of its ARN."""

    exceptions = Exceptions

    def __init__(self, call: Caller, endpoint: Endpoint, environment: Mapping[str, str]) -> None:
        self._call, self._endpoint, self._environment = call, endpoint, environment

    def put_item(self, **request: Any) -> dict[str, Any]:
        """Write one item. TableName : the table's ARN, or its name. Raises CallFailed."""
        return _answer(self._call(self._put_item(request)))

    def begin_put_item(self, **request: Any) -> Callable[[], dict[str, Any]]:
        """Send one request, without retries; the returned function waits for the response. Both raise CallFailed."""
        reply = self._call.begin(self._put_item(request))
        return lambda: _answer(reply())

    def _put_item(self, request: Mapping[str, Any]) -> ApiCall:
        there = endpoint("dynamodb", arn_region(request["TableName"], self._endpoint.region), self._environment)
        body = json.dumps(request, separators=(",", ":")).encode("ascii")
        return ApiCall("PutItem", there.origin, there.region, _HEADERS, body=body)


def _answer(reply: Reply) -> dict[str, Any]:
    answer = members(reply)
    if not isinstance(answer.get("ConsumedCapacity", {}), dict):
        raise Unreadable("expected an object in ConsumedCapacity")
    return {**answer, "ResponseMetadata": reply.metadata()}
