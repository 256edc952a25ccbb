"""Calls that carry many entries, each of which can fail by itself: PutRecords, SendMessageBatch, PublishBatch.

A fault that takes some entries out of a call forwards the others, so that what is answered as failed was never done.
"""

import base64
import json
from collections.abc import Collection
from typing import Any, Protocol
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree

from tests.integration.proxy import JSON, Request, Response

SNS = "http://sns.amazonaws.com/doc/2010-03-31/"
XML = ("Content-Type", "text/xml")


class BatchCall(Protocol):
    """One such call. `bodies` are what its entries carry, in order; `throttle` is its service's code for that."""

    bodies: list[bytes]
    throttle: str

    def without(self, refused: Collection[int]) -> Response:
        """Do the call with the entries that are not refused; the answer for all of them."""

    def failed(self, status: int, code: str) -> Response:
        """The answer of a call that failed as a whole."""


def batch_call(request: Request) -> BatchCall | None:
    """The request as such a call; None where it is another."""
    match request.operation:
        case "PutRecords":
            return PutRecords(request)
        case "SendMessageBatch":
            return SendMessageBatch(request)
        case "PublishBatch":
            return PublishBatch(request)
    return None


class _JsonCall:
    def __init__(self, request: Request) -> None:
        self._request, self._members = request, json.loads(request.body)

    def failed(self, status: int, code: str) -> Response:
        return Response(status, json.dumps({"__type": code, "message": "a fault of the test"}).encode())

    def _forward(self, name: str, refused: Collection[int]) -> dict[str, Any]:
        """The answer to the entries under `name` that are left, if any are."""
        left = [entry for i, entry in enumerate(self._members[name]) if i not in refused]
        if not left:
            return {}
        answer = self._request.forward(json.dumps({**self._members, name: left}).encode())
        assert answer.status == 200, answer
        members: dict[str, Any] = json.loads(answer.body)
        return members


class PutRecords(_JsonCall):
    throttle = "ProvisionedThroughputExceededException"

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.bodies = [base64.b64decode(entry["Data"]) for entry in self._members["Records"]]

    def without(self, refused: Collection[int]) -> Response:
        answer = self._forward("Records", refused)
        taken = iter(answer.get("Records", []))
        throttled = {"ErrorCode": self.throttle, "ErrorMessage": "a fault of the test"}
        records = [throttled if i in refused else next(taken) for i in range(len(self.bodies))]
        count = answer.get("FailedRecordCount", 0) + len(refused)
        return Response(200, json.dumps({"FailedRecordCount": count, "Records": records}).encode(), (JSON,))


class SendMessageBatch(_JsonCall):
    throttle = "RequestThrottled"

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.bodies = [entry["MessageBody"].encode() for entry in self._members["Entries"]]

    def without(self, refused: Collection[int]) -> Response:
        answer = self._forward("Entries", refused)
        ids = [self._members["Entries"][i]["Id"] for i in refused]
        failed = [{"Id": entry, "Code": "InternalError", "SenderFault": False} for entry in ids]
        answer["Failed"] = [*answer.get("Failed", []), *failed]
        answer.setdefault("Successful", [])
        return Response(200, json.dumps(answer).encode())


class PublishBatch:
    """In SNS's own protocol: the call is a form with `PublishBatchRequestEntries.member.<n>.<name>`, the answer XML."""

    throttle = "Throttled"
    _ENTRY = "PublishBatchRequestEntries.member."

    def __init__(self, request: Request) -> None:
        self._request = request
        form = parse_qsl(request.body.decode(), keep_blank_values=True)
        self._rest = [(name, value) for name, value in form if not name.startswith(self._ENTRY)]
        self._entries: dict[str, dict[str, str]] = {}
        for name, value in form:
            if name.startswith(self._ENTRY):
                number, _, member = name.removeprefix(self._ENTRY).partition(".")
                self._entries.setdefault(number, {})[member] = value
        self.bodies = [entry["Message"].encode() for entry in self._entries.values()]

    def without(self, refused: Collection[int]) -> Response:
        entries = list(self._entries.values())
        answer = self._forward([entry for i, entry in enumerate(entries) if i not in refused])
        failed = answer.find(f".//{{{SNS}}}Failed")
        assert failed is not None
        for i in refused:
            member = ElementTree.SubElement(failed, f"{{{SNS}}}member")
            for name, value in (("Id", entries[i]["Id"]), ("Code", "InternalError"), ("SenderFault", "false")):
                ElementTree.SubElement(member, f"{{{SNS}}}{name}").text = value
        return Response(200, ElementTree.tostring(answer), (XML,))

    def failed(self, status: int, code: str) -> Response:
        body = f'<ErrorResponse xmlns="{SNS}"><Error><Code>{code}</Code></Error></ErrorResponse>'
        return Response(status, body.encode(), (XML,))

    def _forward(self, entries: list[dict[str, str]]) -> ElementTree.Element:
        if not entries:
            return ElementTree.fromstring(
                f'<PublishBatchResponse xmlns="{SNS}"><PublishBatchResult><Successful/><Failed/></PublishBatchResult>'
                "</PublishBatchResponse>"
            )
        numbered = [
            (f"{self._ENTRY}{number}.{name}", value)
            for number, entry in enumerate(entries, 1)
            for name, value in entry.items()
        ]
        answer = self._request.forward(urlencode([*self._rest, *numbered]).encode())
        assert answer.status == 200, answer
        return ElementTree.fromstring(answer.body)
