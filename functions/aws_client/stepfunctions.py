"""Step Functions: StartExecution.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
"""

from __future__ import annotations

import json

from aws_client.caller import ApiCall, Exceptions
from aws_client.endpoints import arn_region, endpoint
from aws_client.errors import Unreadable
from aws_client.json_answers import explain, members

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from aws_client.caller import Caller
    from aws_client.endpoints import Endpoint

__all__ = ["StepFunctions", "explain"]

# Keyword arguments are botocore's.
# ruff: noqa: N803
_HEADERS = {"content-type": "application/x-amz-json-1.0", "x-amz-target": "AWSStepFunctions.StartExecution"}


class StepFunctions:
    """Calls Step Functions in the region of the state machine's ARN."""

    exceptions = Exceptions

    def __init__(self, call: Caller, endpoint: Endpoint, environment: Mapping[str, str]) -> None:
        self._call, self._endpoint, self._environment = call, endpoint, environment

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> dict[str, Any]:
        """Raises CallFailed; with the code ExecutionAlreadyExists for a name that was used for another execution."""
        request = {"stateMachineArn": stateMachineArn, "name": name, "input": input}
        there = endpoint("states", arn_region(stateMachineArn, self._endpoint.region), self._environment)
        body = json.dumps(request, separators=(",", ":")).encode("ascii")
        reply = self._call(ApiCall("StartExecution", there.origin, there.region, _HEADERS, body=body))
        answer = members(reply)
        if not isinstance(answer.get("executionArn"), str):
            raise Unreadable("expected a string in executionArn")
        return answer | {"ResponseMetadata": reply.metadata()}
