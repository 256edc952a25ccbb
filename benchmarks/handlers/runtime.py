"""Handlers called as Lambda's runtime client calls them: from an event's bytes, or from the event that it parsed."""

import json
import time
from collections.abc import Callable
from typing import Any

from awslambdaric.bootstrap import create_lambda_context, handle_event_request
from awslambdaric.lambda_runtime_client import BaseLambdaRuntimeClient

from benchmarks.envelopes import KINESIS
from benchmarks.handlers import BYTES
from benchmarks.workload import Size, Workload

FUNCTION_ARN = "arn:aws:lambda:eu-central-1:123456789012:function:scorer"
TIMEOUT_SECONDS = 60


class HandlerFailed(Exception):
    """The handler raised, or did not take every record."""


class Runtime(BaseLambdaRuntimeClient):  # type: ignore[misc]
    """The runtime client, as far as it deals with a handler: its own code, and the marshaller that a function set."""

    def __init__(self) -> None:
        self.answer = ""

    def invoke(self, handler: Callable[[Any, Any], Any], event: bytes) -> str:
        """The handler's response, as it would be sent to Lambda."""
        deadline = int((time.time() + TIMEOUT_SECONDS) * 1000)
        handle_event_request(
            self, handler, "1", event, "application/json", None, None, FUNCTION_ARN, deadline, None, self
        )  # fmt: skip
        return self.answer

    def post_invocation_result(self, invocation: str, result: str, *_: Any) -> None:
        self.answer = result

    def post_invocation_error(self, invocation: str, error: str, *_: Any) -> None:
        raise HandlerFailed(error)

    def log_error(self, lines: list[str]) -> None:
        raise HandlerFailed("\n".join(lines))


class Invoked:
    """A contestant: one invocation of a handler with a batch of `size` records.

    asks_for_bytes : whether the handler has the runtime client hand over the event as it came.
    """

    asks_for_bytes = False

    def __init__(
        self, make: Callable[[], Callable[[Any, Any], Any]], size: Size, way: str, source: str = KINESIS
    ) -> None:
        self._runtime = Runtime()  # before the handler is imported, as in Lambda
        self._handler, self._way = make(), way
        self._workload, self._source, self._events = Workload(size), source, dict[int, bytes]()

    def prepare(self, size: int) -> Any:
        if size not in self._events:
            self._events[size] = self._workload.event(size, self._source)
        event = self._events[size]
        return event if self._way == BYTES or self.asks_for_bytes else json.loads(event)

    def run(self, prepared: Any) -> Any:
        if self._way == BYTES:
            response = json.loads(self._runtime.invoke(self._handler, prepared))
        else:
            response = self._handler(prepared, _context())
        if response and response["batchItemFailures"]:
            raise HandlerFailed(f"expected every record to be taken, got {str(response)[:200]}")
        return None


def _context() -> Any:
    deadline = int((time.time() + TIMEOUT_SECONDS) * 1000)
    return create_lambda_context(None, None, deadline, "1", FUNCTION_ARN, None)
