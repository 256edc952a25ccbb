"""Kinesis: PutRecords, in JSON or in CBOR.

https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecords.html
"""

from __future__ import annotations

import json
from binascii import b2a_base64

from aws_client.caller import ApiCall, Exceptions
from aws_client.endpoints import arn_region, endpoint
from aws_client.errors import Unreadable
from aws_client.json_answers import CBOR, entries, explain, members

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from aws_client.caller import Caller, Reply
    from aws_client.endpoints import Endpoint

__all__ = ["Kinesis", "explain"]

# Keyword arguments are botocore's.
# ruff: noqa: N803
_TARGET = {"x-amz-target": "Kinesis_20131202.PutRecords"}
_JSON = {"content-type": "application/x-amz-json-1.1"} | _TARGET
_CBOR = {"content-type": CBOR} | _TARGET


class Kinesis:
    """Calls a stream in the region of its ARN."""

    exceptions = Exceptions

    def __init__(self, call: Caller, endpoint: Endpoint, environment: Mapping[str, str]) -> None:
        self._call, self._endpoint, self._environment = call, endpoint, environment

    def put_records(self, *, StreamARN: str, Records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Each record has `Data`, bytes, and `PartitionKey`. Raises CallFailed."""
        return self.answer(self._call(self._put_records(_body(StreamARN, Records), StreamARN, cbor=False)))

    def begin_encoded_put_records(
        self, body: bytes | Callable[[], bytes], stream_arn: str = "", cbor: bool = False
    ) -> Callable[[], Reply]:
        """Send one request, without retries, whose body is encoded; the returned function waits for the raw reply.

        Both raise CallFailed.

        body : bytes, or a function that returns them; JSON, or CBOR where it is said. stream_arn : the ARN in the body;
        if empty, the stream is in the client's region.
        """
        return self._call.begin(self._put_records(body, stream_arn, cbor))

    def _put_records(self, body: bytes | Callable[[], bytes], stream_arn: str, cbor: bool) -> ApiCall:
        there = endpoint("kinesis", arn_region(stream_arn, self._endpoint.region), self._environment)
        return ApiCall("PutRecords", there.origin, there.region, _CBOR if cbor else _JSON, body=body)

    @staticmethod
    def answer(reply: Reply) -> dict[str, Any]:
        """The response of PutRecords in botocore's shape. Raises Unreadable."""
        answer = members(reply)
        failed = answer.get("FailedRecordCount")
        if not isinstance(failed, int | None):
            raise Unreadable("expected a number in FailedRecordCount")
        counted = {} if failed is None else {"FailedRecordCount": failed}
        return {"Records": entries(answer, "Records"), **counted, "ResponseMetadata": reply.metadata()}


def _body(stream_arn: str, records: Sequence[Mapping[str, Any]]) -> bytes:
    encoded = [
        record | {"Data": b2a_base64(record["Data"], newline=False).decode("ascii")} for record in map(dict, records)
    ]
    return json.dumps({"Records": encoded, "StreamARN": stream_arn}, separators=(",", ":")).encode("ascii")
