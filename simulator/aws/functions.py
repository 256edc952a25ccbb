"""Lambda's Invoke, for an operator's program."""

import json
from collections.abc import Mapping
from typing import Any

from ..function import Function, Outcome
from ..world import World
from .body import Body
from .client import Client
from .errors import client_error

MAX_PAYLOAD_BYTES = 6 * 1024 * 1024


class LambdaClient(Client):
    """Invoke (RequestResponse) of `functions`, by name, ARN, or either with a qualifier. Keyword arguments as `Client`.

    https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
    """

    service = "lambda"

    def __init__(self, world: World, functions: Mapping[str, Function], **client: Any) -> None:
        client.setdefault("read_seconds", 60.0)
        super().__init__(world, **client)
        self.functions = functions

    def invoke(self, *, FunctionName: str, Payload: bytes | str = b"", **_: Any) -> dict[str, Any]:  # noqa: N803
        """{"StatusCode", "ExecutedVersion", "Payload"[, "FunctionError"]}. Raises ClientError, for a throttle too."""
        return self._call("Invoke", lambda: self._invoke(FunctionName, Payload))

    def _invoke(self, name: str, payload: bytes | str) -> dict[str, Any]:
        if len(payload) > MAX_PAYLOAD_BYTES:
            raise client_error("Invoke", "RequestTooLargeException", 413, f"{len(payload)} bytes exceed the limit")
        outcome = self._function(name).call(json.loads(payload or "null"))
        if outcome.status == "throttled":
            raise client_error("Invoke", "TooManyRequestsException", 429)
        if outcome.status == "service_error":
            raise client_error("Invoke", "ServiceException", 500)
        return _answer(outcome)

    def _function(self, name: str) -> Function:
        """Names come as `name`, `name:qualifier`, an ARN, or an ARN with a qualifier."""
        parts = name.split(":")
        short = parts[6] if len(parts) >= 7 else parts[0]
        if short not in self.functions:
            raise client_error("Invoke", "ResourceNotFoundException", 404, f"no function {short}")
        return self.functions[short]


def _answer(outcome: Outcome) -> dict[str, Any]:
    answer = {
        "StatusCode": 200,
        "ExecutedVersion": "$LATEST",
        "Payload": Body(json.dumps(outcome.payload).encode()),
        "ResponseMetadata": {"HTTPStatusCode": 200, "RequestId": outcome.request_id},
    }
    return answer | {"FunctionError": "Unhandled"} if outcome.is_function_error else answer
