"""The services' protocols: JSON for Kinesis and SQS, forms and XML for SNS, REST and XML for S3."""

import binascii
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any
from xml.sax.saxutils import escape

from botocore.exceptions import ClientError

from ...world import World
from ..client import Client
from ..queues import SqsClient
from ..s3 import Buckets, S3Client
from ..streams import KinesisClient, SnsClient
from .http import HttpAnswer, HttpRequest, form

# Called for each record that is committed, with the entry of the request and its data.
type OnRecord = Callable[[Mapping[str, Any], bytes], Any]

CBOR = "application/x-amz-cbor-1.1"


@dataclass(frozen=True, slots=True)
class Cbor:
    """What reads and writes CBOR: a library's two functions. Without it a service speaks JSON only."""

    loads: Callable[[bytes], Any]
    dumps: Callable[[Any], bytes]


class Service(Client):
    """What a service does with a request. Time and faults are its endpoint's, except for entries that fail.

    `name` is the service's name in signatures. `may_chunk`: whether its answers may come in chunks.
    """

    name = ""
    may_chunk = True

    def answer(self, request: HttpRequest, *, contradictory: bool) -> tuple[HttpAnswer, bool]:
        """Do what the request asks; and whether the answer tells the truth of each entry."""
        try:
            return self._act(request, contradictory=contradictory)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            self._refused_request(code)
            return self.error(code, error.response["ResponseMetadata"]["HTTPStatusCode"]), True

    def error(self, code: str, status: int) -> HttpAnswer:
        """The service's error document."""
        raise NotImplementedError

    def _act(self, request: HttpRequest, *, contradictory: bool) -> tuple[HttpAnswer, bool]:
        raise NotImplementedError

    def _refused_request(self, code: str) -> None:
        self.counts["refused"] += 1
        self.world.note(self.name, "refused", code)

    def _call[T](self, operation: str, act: Callable[[], T]) -> T:
        return act()


class JsonService(Service):
    content_type = "application/x-amz-json-1.1"

    def error(self, code: str, status: int) -> HttpAnswer:
        body = json.dumps({"__type": code, "message": "simulated"}).encode()
        return HttpAnswer(status, {"Content-Type": self.content_type, "x-amzn-RequestId": "simulated"}, body)

    def _json(self, body: Mapping[str, Any]) -> HttpAnswer:
        encoded = json.dumps(body, separators=(",", ":")).encode()
        return HttpAnswer(200, {"x-amzn-RequestId": "simulated", "Content-Type": self.content_type}, encoded)


class KinesisService(JsonService, KinesisClient):
    """PutRecords, in JSON, and in CBOR if given. `on_record(entry, data)` is called for each record that was written.

    Contradictory: records fail, and FailedRecordCount is 0, or they have neither sequence number nor error; or none
    fails, and the count says otherwise, or a result is missing.
    """

    name = "kinesis"

    def __init__(
        self, world: World, on_record: OnRecord, max_bytes: int = KinesisClient.max_bytes, cbor: Cbor | None = None
    ) -> None:
        super().__init__(world, lambda *_: None)
        self._on_record, self.max_bytes, self._cbor = on_record, max_bytes, cbor

    def answer(self, request: HttpRequest, *, contradictory: bool) -> tuple[HttpAnswer, bool]:
        answer, true = super().answer(request, contradictory=contradictory)
        if answer.status == 200 or not (cbor := self._spoken(request)):
            return answer, true
        return self._cbor_answer(cbor, answer.status, json.loads(answer.body)), true

    def _spoken(self, request: HttpRequest) -> Cbor | None:
        """None: JSON."""
        return self._cbor if self._cbor is not None and request.headers["content-type"] == CBOR else None

    def _cbor_answer(self, cbor: Cbor, status: int, body: Mapping[str, Any]) -> HttpAnswer:
        return HttpAnswer(status, {"x-amzn-RequestId": "simulated", "Content-Type": CBOR}, cbor.dumps(body))

    def _commit(self, entry: Mapping[str, Any], data: bytes) -> None:
        self._on_record(entry, data)

    def _act(self, request: HttpRequest, *, contradictory: bool) -> tuple[HttpAnswer, bool]:
        cbor = self._spoken(request)
        found, true = self._written(self._entries(request, cbor), contradictory=contradictory)
        return (self._cbor_answer(cbor, 200, found) if cbor else self._json(found)), true

    def _entries(self, request: HttpRequest, cbor: Cbor | None) -> list[dict[str, Any]]:
        """With their data in bytes."""
        entries: list[dict[str, Any]] = (cbor.loads if cbor else json.loads)(request.body)["Records"]
        for entry in entries:
            data = entry["Data"]
            entry["Data"] = bytes(data) if cbor else binascii.a2b_base64(data, strict_mode=True)
        return entries

    def _written(self, entries: list[dict[str, Any]], *, contradictory: bool) -> tuple[dict[str, Any], bool]:
        """The answer, and whether it is true."""
        if not contradictory:
            return self.put_records(Records=entries), True
        random = self.world.random
        if random.random() < 0.5:
            answer = self._put(entries, [i for i in range(len(entries)) if random.random() < 0.3])
            answer["FailedRecordCount"] = 0
            if random.random() < 0.5:
                answer["Records"] = [{} if "ErrorCode" in result else result for result in answer["Records"]]
            return answer, True
        answer = self.put_records(Records=entries)
        if random.random() < 0.5:
            answer["FailedRecordCount"] += 1
        else:
            answer["Records"].pop()
        return answer, False


_ENTRIES = "PublishBatchRequestEntries.member."


class MessageService(Service):
    """Contradictory, of SNS and SQS: entries that failed are in both lists, or in none."""

    def _mingled(self, answer: dict[str, Any], failed: list[dict[str, Any]], *, contradictory: bool) -> dict[str, Any]:
        if contradictory and self.world.random.random() < 0.5:
            answer["Successful"] += [{"Id": entry["Id"], "MessageId": "simulated"} for entry in failed]
        elif contradictory:
            answer["Failed"] = []
        return answer


class SqsService(JsonService, MessageService, SqsClient):
    """SendMessageBatch into `on_committed`."""

    name = "sqs"
    content_type = "application/x-amz-json-1.0"

    def error(self, code: str, status: int) -> HttpAnswer:
        answer = super().error(code, status)
        return HttpAnswer(status, {**answer.headers, "x-amzn-query-error": f"{code};Sender"}, answer.body)

    def _act(self, request: HttpRequest, *, contradictory: bool) -> tuple[HttpAnswer, bool]:
        asked = json.loads(request.body)
        with _failing(self, on=contradictory):
            answer = self.send_message_batch(QueueUrl=asked["QueueUrl"], Entries=asked["Entries"])
        answer.pop("ResponseMetadata")
        return self._json(self._mingled(answer, answer.get("Failed", []), contradictory=contradictory)), True


class SnsService(MessageService, SnsClient):
    """PublishBatch into `on_committed`."""

    name = "sns"

    def error(self, code: str, status: int) -> HttpAnswer:
        error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>simulated</Message></Error>"
        return _xml(status, f"<ErrorResponse>{error}</ErrorResponse>")

    def _act(self, request: HttpRequest, *, contradictory: bool) -> tuple[HttpAnswer, bool]:
        entries: dict[str, dict[str, str]] = {}
        for name, value in form(request.body):
            if name.startswith(_ENTRIES):
                number, _, member = name[len(_ENTRIES) :].partition(".")
                entries.setdefault(number, {})[member] = value
        with _failing(self, on=contradictory):
            answer = self.publish_batch(PublishBatchRequestEntries=list(entries.values()))
        answer = self._mingled(answer, answer.get("Failed", []), contradictory=contradictory)
        lists = "".join(f"<{name}>{_members(answer.get(name, []))}</{name}>" for name in ("Successful", "Failed"))
        namespace = 'xmlns="http://sns.amazonaws.com/doc/2010-03-31/"'
        body = (
            f"<PublishBatchResponse {namespace}><PublishBatchResult>{lists}</PublishBatchResult></PublishBatchResponse>"
        )
        return _xml(200, body), True


class S3Service(Service, S3Client):
    """GetObject and PutObject of one bucket, which is in the host name.

    Contradictory: the answer lacks the object's ETag.
    """

    name = "s3"
    may_chunk = False

    def __init__(self, world: World, buckets: Buckets, bucket: str) -> None:
        super().__init__(world, buckets)
        self._bucket = bucket

    def error(self, code: str, status: int) -> HttpAnswer:
        if status == 304:
            return HttpAnswer(304, {"x-amz-request-id": "simulated"}, b"")
        return _xml(status, f"<Error><Code>{code}</Code><Message>simulated</Message></Error>")

    def _refused_request(self, code: str) -> None:
        """What is missing, or has not changed, is no fault of the request."""

    def _act(self, request: HttpRequest, *, contradictory: bool) -> tuple[HttpAnswer, bool]:
        where = {"Bucket": self._bucket, "Key": request.key}
        conditions = {
            name: request.headers[header]
            for name, header in (("IfMatch", "if-match"), ("IfNoneMatch", "if-none-match"))
            if header in request.headers
        }
        if request.method == "PUT":
            content_type = request.headers.get("content-type", "binary/octet-stream")
            found, body = self.put_object(**where, Body=request.body, ContentType=content_type, **conditions), b""
        else:
            version = request.parameters.get("versionId")
            found = self.get_object(**where, VersionId=version, **conditions)
            body = found["Body"].read()
        headers = {"x-amz-request-id": "simulated", "x-amz-version-id": found["VersionId"], "ETag": found["ETag"]}
        if contradictory:
            del headers["ETag"]
        return HttpAnswer(200, headers, body), not contradictory


@contextmanager
def _failing(service: Service, *, on: bool) -> Iterator[None]:
    """While it lasts, entries fail."""
    faults = service.faults
    if on:
        service.faults = replace(faults, partial=1.0)
    try:
        yield
    finally:
        service.faults = faults


def _members(entries: list[dict[str, Any]]) -> str:
    return "".join(
        "<member>" + "".join([f"<{name}>{_escaped(value)}</{name}>" for name, value in entry.items()]) + "</member>"
        for entry in entries
    )


def _escaped(value: Any) -> str:
    text = str(value)
    return escape(text) if "&" in text or "<" in text or ">" in text else text


def _xml(status: int, body: str) -> HttpAnswer:
    return HttpAnswer(status, {"Content-Type": "text/xml", "x-amz-request-id": "simulated"}, body.encode())
