"""Requests as bytes: what a client would not send, and the protocol of the Java SDK."""

import http.client
import io
import json
from datetime import datetime
from typing import Any

from botocore.parsers import BaseCBORParser
from botocore.serialize import CBORSerializer

from tests.integration.harness import DEADLINE

JSON = "application/x-amz-json-1.1"
CBOR = "application/x-amz-cbor-1.1"
STREAMED = ("SubscribeToShard",)
HEADERS = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/kinesis/aws4_request, "
    "SignedHeaders=host, Signature=0"
}


class Wire:
    def __init__(self, port: int, service: Any) -> None:
        """`service`: botocore's model."""
        self._port, self._service = port, service

    def send(self, operation: str, body: bytes, content_type: str = JSON) -> tuple[int, str, bytes]:
        """Status, content type and body. A stream of events is left at its start, and its body empty."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=DEADLINE)
        target = f"{self._service.metadata['targetPrefix']}.{operation}"
        connection.request("POST", "/", body, {**HEADERS, "Content-Type": content_type, "X-Amz-Target": target})
        answer = connection.getresponse()
        content = b"" if answer.status == 200 and operation in STREAMED else answer.read()
        connection.close()
        return answer.status, answer.getheader("Content-Type", ""), content

    def json(self, operation: str, request: Any) -> tuple[int, Any]:
        status, _, body = self.send(operation, json.dumps(request).encode())
        return status, json.loads(body) if body else {}

    def cbor(self, operation: str, **request: Any) -> tuple[int, Any]:
        """Timestamps are milliseconds, as AWS's SDKs write and read them."""
        shape = self._service.operation_model(operation).input_shape
        body = bytearray()
        _Milliseconds()._serialize_data_item(body, request, shape)
        status, content_type, answer = self.send(operation, bytes(body), CBOR)
        assert content_type == CBOR
        parser = BaseCBORParser(timestamp_parser=lambda milliseconds: milliseconds)
        return status, parser.parse_data_item(io.BufferedReader(io.BytesIO(answer)))


class _Milliseconds(CBORSerializer):  # type: ignore[misc]
    def _convert_timestamp_to_str(self, value: datetime, *_: Any) -> int:
        return round(value.timestamp() * 1000)
