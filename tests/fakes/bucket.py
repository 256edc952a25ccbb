"""A versioned S3 bucket and an SQS queue in memory, on a clock that tests move; every call is counted."""

import io
import itertools
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.clock import FakeClock
from tests.fakes.s3 import client_error

PAGE = 3  # so few objects an answer that every test with more reads on


@dataclass
class FakeBucket:
    """Conditions, versions and listings as S3 has them. `versions` of a key, the newest first."""

    versions: dict[str, list[tuple[str, bytes]]] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: itertools.count(1))

    def list_objects_v2(self, *, Bucket: str, Prefix: str, ContinuationToken: str = "") -> dict[str, Any]:  # noqa: N803
        keys = sorted(key for key in self.versions if key.startswith(Prefix) and key > ContinuationToken)
        contents = [{"Key": key, "ETag": self._etag(key)} for key in keys[:PAGE]]
        if len(keys) <= PAGE:
            return {"Contents": contents, "IsTruncated": False} if keys else {"IsTruncated": False}
        return {"Contents": contents, "IsTruncated": True, "NextContinuationToken": keys[PAGE - 1]}

    def list_object_versions(self, *, Bucket: str, Prefix: str, **marker: str) -> dict[str, Any]:  # noqa: N803
        found = [
            (key, version)
            for key, versions in sorted(self.versions.items())
            if key.startswith(Prefix)
            for version, _ in versions
        ]
        start = found.index((marker["KeyMarker"], marker["VersionIdMarker"])) + 1 if marker else 0
        page, more = found[start : start + PAGE], len(found) > start + PAGE
        answer: dict[str, Any] = {"Versions": [{"Key": key, "VersionId": version} for key, version in page]}
        last = {"NextKeyMarker": page[-1][0], "NextVersionIdMarker": page[-1][1]} if more else {}
        return answer | {"IsTruncated": more} | last

    def get_object(self, *, Bucket: str, Key: str, IfMatch: str = "") -> dict[str, Any]:  # noqa: N803
        if Key not in self.versions:
            raise client_error("NoSuchKey", 404, "GetObject")
        if IfMatch and IfMatch != self._etag(Key):
            raise client_error("PreconditionFailed", 412, "GetObject")
        version, body = self.versions[Key][0]
        return {"ETag": self._etag(Key), "VersionId": version, "Body": io.BytesIO(body)}

    def put_object(
        self,
        *,
        Bucket: str,  # noqa: N803
        Key: str,  # noqa: N803
        Body: bytes,  # noqa: N803
        IfMatch: str = "",  # noqa: N803
        IfNoneMatch: str = "",  # noqa: N803
        **_: Any,
    ) -> dict[str, Any]:
        if IfMatch and IfMatch != self._etag(Key):
            raise client_error("PreconditionFailed", 412, "PutObject")
        if IfNoneMatch and Key in self.versions:
            raise client_error("PreconditionFailed", 412, "PutObject")
        self.versions.setdefault(Key, []).insert(0, (f"v{next(self.numbers)}", Body))
        return {"ETag": self._etag(Key), "VersionId": self.versions[Key][0][0]}

    def delete_object(self, *, Bucket: str, Key: str, VersionId: str) -> dict[str, Any]:  # noqa: N803
        left = [version for version in self.versions.get(Key, []) if version[0] != VersionId]
        if left:
            self.versions[Key] = left
        else:
            self.versions.pop(Key, None)
        return {}

    def _etag(self, key: str) -> str:
        return f'"etag of {self.versions[key][0][0]}"' if key in self.versions else ""


@dataclass
class _Message:
    name: str
    body: str
    visible_at: float
    handle: str = ""


@dataclass
class FakeQueue:
    """Messages that are hidden for a while when they are received.

    stubborn : so many deletions fail. source_arn : the queue that gave the messages up, if one did.
    """

    clock: FakeClock
    messages: dict[str, _Message] = field(default_factory=dict)
    numbers: Any = field(default_factory=lambda: itertools.count(1))
    stubborn: int = 0
    source_arn: str = ""

    def send_message(self, *, QueueUrl: str, MessageBody: str) -> dict[str, Any]:  # noqa: N803
        name = f"00000000-0000-4000-8000-{next(self.numbers):012}"
        self.messages[name] = _Message(name, MessageBody, 0.0)
        return {"MessageId": name}

    def receive_message(
        self,
        *,
        QueueUrl: str,  # noqa: N803
        MaxNumberOfMessages: int,  # noqa: N803
        VisibilityTimeout: int,  # noqa: N803
        **_: Any,
    ) -> dict[str, Any]:
        visible = [message for message in self.messages.values() if message.visible_at <= self.clock.now]
        for message in visible[:MaxNumberOfMessages]:
            message.visible_at = self.clock.now + VisibilityTimeout
            message.handle = f"handle-{next(self.numbers)}"
        given_up = {"DeadLetterQueueSourceArn": self.source_arn} if self.source_arn else {}
        answers = [
            {
                "MessageId": message.name,
                "ReceiptHandle": message.handle,
                "Body": message.body,
                "Attributes": {"SentTimestamp": "1700000000250"} | given_up,
            }
            for message in visible[:MaxNumberOfMessages]
        ]
        return {"Messages": answers} if answers else {}

    def delete_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, str]]) -> dict[str, Any]:  # noqa: N803
        failed = Entries[: self.stubborn]
        self.stubborn -= len(failed)
        for entry in Entries[len(failed) :]:
            del self.messages[self._by_handle(entry).name]
        return {"Failed": [{"Id": entry["Id"]} for entry in failed]} if failed else {}

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        assert len(Entries) <= 10, "a limit of SQS"
        for entry in Entries:
            self._by_handle(entry).visible_at = self.clock.now + entry["VisibilityTimeout"]
        return {}

    def visible(self) -> int:
        return sum(message.visible_at <= self.clock.now for message in self.messages.values())

    def _by_handle(self, entry: dict[str, Any]) -> _Message:
        return next(m for m in self.messages.values() if m.handle == entry["ReceiptHandle"])
