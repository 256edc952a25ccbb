"""Firehose: PutRecordBatch.

https://docs.aws.amazon.com/firehose/latest/APIReference/API_PutRecordBatch.html
"""

from __future__ import annotations

import base64
import json

from aws_client.caller import ApiCall, Exceptions
from aws_client.errors import Unreadable
from aws_client.json_answers import entries, explain, members

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from aws_client.caller import Caller, Reply
    from aws_client.endpoints import Endpoint

__all__ = ["Firehose", "explain"]

# Keyword arguments are botocore's.
# ruff: noqa: N803
_HEADERS = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "Firehose_20150804.PutRecordBatch"}


class Firehose:
    """Identifies a delivery stream by its name, in the client's region."""

    exceptions = Exceptions

    def __init__(self, call: Caller, endpoint: Endpoint, environment: Mapping[str, str]) -> None:
        self._call, self._endpoint = call, endpoint

    def put_record_batch(self, *, DeliveryStreamName: str, Records: Sequence[Mapping[str, bytes]]) -> dict[str, Any]:
        """Each record has `Data`, bytes. Raises CallFailed."""
        return _answer(self._call(self._put_record_batch(DeliveryStreamName, Records)))

    def begin_put_record_batch(
        self, *, DeliveryStreamName: str, Records: Sequence[Mapping[str, bytes]]
    ) -> Callable[[], dict[str, Any]]:
        """Send one request, without retries; the returned function waits for the response. Both raise CallFailed."""
        reply = self._call.begin(self._put_record_batch(DeliveryStreamName, Records))
        return lambda: _answer(reply())

    def _put_record_batch(self, name: str, records: Sequence[Mapping[str, bytes]]) -> ApiCall:
        encoded = [{"Data": base64.b64encode(record["Data"]).decode("ascii")} for record in records]
        body = json.dumps({"DeliveryStreamName": name, "Records": encoded}, separators=(",", ":")).encode("ascii")
        there = self._endpoint
        return ApiCall("PutRecordBatch", there.origin, there.region, _HEADERS, body=body)


def _answer(reply: Reply) -> dict[str, Any]:
    answer = members(reply)
    failed = answer.get("FailedPutCount")
    if not isinstance(failed, int | None):
        raise Unreadable("expected a number in FailedPutCount")
    counted = {} if failed is None else {"FailedPutCount": failed}
    return {
        "RequestResponses": entries(answer, "RequestResponses"),
        **counted,
        "ResponseMetadata": reply.metadata(),
    }
