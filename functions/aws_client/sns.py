"""SNS: PublishBatch.

https://docs.aws.amazon.com/sns/latest/api/API_PublishBatch.html
"""

from __future__ import annotations

from aws_client.caller import ApiCall, Exceptions
from aws_client.endpoints import arn_region, endpoint
from aws_client.errors import Unreadable
from aws_client.sigv4 import encode
from aws_client.xml_answers import explain, root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from aws_client.caller import Caller, Reply
    from aws_client.endpoints import Endpoint

__all__ = ["Sns", "explain"]

# Keyword arguments are botocore's.
# ruff: noqa: N803
_HEADERS = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}
_VERSION = "2010-03-31"


class Sns:
    """Calls a topic in the region of its ARN."""

    exceptions = Exceptions

    def __init__(self, call: Caller, endpoint: Endpoint, environment: Mapping[str, str]) -> None:
        self._call, self._endpoint, self._environment = call, endpoint, environment

    def publish_batch(
        self, *, TopicArn: str, PublishBatchRequestEntries: Sequence[Mapping[str, str]]
    ) -> dict[str, Any]:
        """Each entry has `Id` and `Message`. Raises CallFailed."""
        return _answer(self._call(self._publish_batch(TopicArn, PublishBatchRequestEntries)))

    def begin_publish_batch(
        self, *, TopicArn: str, PublishBatchRequestEntries: Sequence[Mapping[str, str]]
    ) -> Callable[[], dict[str, Any]]:
        """Send one request, without retries; the returned function waits for the response. Both raise CallFailed."""
        reply = self._call.begin(self._publish_batch(TopicArn, PublishBatchRequestEntries))
        return lambda: _answer(reply())

    def _publish_batch(self, topic_arn: str, entries: Sequence[Mapping[str, str]]) -> ApiCall:
        fields = [("Action", "PublishBatch"), ("Version", _VERSION), ("TopicArn", topic_arn)]
        for number, entry in enumerate(entries, 1):
            fields += [(f"PublishBatchRequestEntries.member.{number}.{name}", text) for name, text in entry.items()]
        body = "&".join(f"{name}={encode(text)}" for name, text in fields).encode("ascii")
        there = endpoint("sns", arn_region(topic_arn, self._endpoint.region), self._environment)
        return ApiCall("PublishBatch", there.origin, there.region, _HEADERS, body=body)


def _answer(reply: Reply) -> dict[str, Any]:
    result = root(reply.body).find("PublishBatchResult")
    if result is None:
        raise Unreadable("expected a PublishBatchResult")
    results = {
        member: [{field.tag: field.text or "" for field in entry} for entry in result.iterfind(f"{member}/member")]
        for member in ("Successful", "Failed")
    }
    return {**results, "ResponseMetadata": reply.metadata()}
