"""KMS: Verify.

https://docs.aws.amazon.com/kms/latest/APIReference/API_Verify.html
"""

from __future__ import annotations

import base64
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

__all__ = ["Kms", "explain"]

# Keyword arguments are botocore's.
# ruff: noqa: N803
_HEADERS = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "TrentService.Verify"}


class Kms:
    """Calls KMS in the region of the key's ARN."""

    exceptions = Exceptions

    def __init__(self, call: Caller, endpoint: Endpoint, environment: Mapping[str, str]) -> None:
        self._call, self._endpoint, self._environment = call, endpoint, environment

    def verify(
        self, *, KeyId: str, Message: bytes, MessageType: str, Signature: bytes, SigningAlgorithm: str
    ) -> dict[str, Any]:
        """Raises CallFailed; with the code KMSInvalidSignatureException for a signature that does not hold."""
        document = {
            "KeyId": KeyId,
            "Message": base64.b64encode(Message).decode("ascii"),
            "MessageType": MessageType,
            "Signature": base64.b64encode(Signature).decode("ascii"),
            "SigningAlgorithm": SigningAlgorithm,
        }
        there = endpoint("kms", arn_region(KeyId, self._endpoint.region), self._environment)
        reply = self._call(
            ApiCall("Verify", there.origin, there.region, _HEADERS, body=json.dumps(document).encode("ascii"))
        )
        answer = members(reply)
        if not isinstance(answer.get("SignatureValid"), bool):
            raise Unreadable("expected a boolean in SignatureValid")
        return answer | {"ResponseMetadata": reply.metadata()}
