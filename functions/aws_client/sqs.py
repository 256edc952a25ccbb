"""SQS: SendMessageBatch.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
"""

from __future__ import annotations

import json

from aws_client import json_answers
from aws_client.caller import ApiCall, Exceptions
from aws_client.json_answers import entries, members

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from aws_client.caller import Caller, Reply
    from aws_client.endpoints import Endpoint

# Keyword arguments are botocore's.
# ruff: noqa: N803
_HEADERS = {
    "content-type": "application/x-amz-json-1.0",
    "x-amz-target": "AmazonSQS.SendMessageBatch",
    "x-amzn-query-mode": "true",  # returns the error codes of the query protocol too, which SQS's reference lists
}


class Sqs:
    """Identifies a queue by its URL, but sends requests to the service's endpoint."""

    exceptions = Exceptions

    def __init__(self, call: Caller, endpoint: Endpoint, environment: Mapping[str, str]) -> None:
        self._call, self._endpoint = call, endpoint

    def send_message_batch(self, *, QueueUrl: str, Entries: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        """Each entry has `Id` and `MessageBody`. Raises CallFailed."""
        return _answer(self._call(self._send_message_batch(QueueUrl, Entries)))

    def begin_send_message_batch(
        self, *, QueueUrl: str, Entries: Sequence[Mapping[str, str]]
    ) -> Callable[[], dict[str, Any]]:
        """Send one request, without retries; the returned function waits for the response. Both raise CallFailed."""
        reply = self._call.begin(self._send_message_batch(QueueUrl, Entries))
        return lambda: _answer(reply())

    def _send_message_batch(self, queue_url: str, messages: Sequence[Mapping[str, str]]) -> ApiCall:
        body = json.dumps({"QueueUrl": queue_url, "Entries": [*map(dict, messages)]}, separators=(",", ":")).encode()
        there = self._endpoint
        return ApiCall("SendMessageBatch", there.origin, there.region, _HEADERS, body=body)


def _answer(reply: Reply) -> dict[str, Any]:
    answer = members(reply)
    results = {member: entries(answer, member) for member in ("Successful", "Failed")}
    return {**results, "ResponseMetadata": reply.metadata()}


def explain(reply: Reply) -> tuple[str, str]:
    """Code and message of an error; the code of SQS's query protocol if the response has it."""
    code, message = json_answers.explain(reply)
    return reply.head.headers.get("x-amzn-query-error", "").partition(";")[0] or code, message
