"""S3 in virtual time: a client as `aws_client` has it, whose calls are slow, hang, are refused or find no server."""

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aws_client.caller import Exceptions
from aws_client.errors import CallFailed, ConnectionLost, NotConnected, ServiceError, TimedOut
from resilience.deadline import CONNECT_SECONDS, READ_SECONDS
from tests.fakes.clock import FakeClock

# Keyword arguments are S3's.
# ruff: noqa: N803

HANGS, REFUSED, DOWN, TRICKLES, DELAYED = "hangs", "is refused", "is down", "trickles", "takes 5 s"
TROUBLES = (HANGS, REFUSED, DOWN, TRICKLES, DELAYED)
DELAY_SECONDS = 5.0
TRICKLED_BYTES_PER_SECOND = 20


@dataclass
class Objects:
    """A bucket's objects, each with its versions, the newest last. trouble : what is wrong with calls for a key."""

    clock: FakeClock
    versions: dict[str, list[bytes]] = field(default_factory=dict)
    trouble: Callable[[str], str] = lambda key: ""
    asked: list[str] = field(default_factory=list)

    def put(self, key: str, body: bytes) -> str:
        self.versions.setdefault(key, []).append(body)
        return str(len(self.versions[key]))

    def answer(self, key: str, version: str, unless: str) -> dict[str, Any]:
        number = int(version or len(self.versions[key]))
        body = self.versions[key][number - 1]
        if unless == str(number):
            metadata = {"HTTPStatusCode": 304}
            raise ServiceError({"Error": {"Code": "304", "Message": ""}, "ResponseMetadata": metadata}, "GetObject")
        return {"ETag": str(number), "ContentLength": len(body), "Body": io.BytesIO(body)}


class SlowS3:
    """Every call passes time on the clock, up to `end` and no longer."""

    exceptions = Exceptions
    attempts = 3

    def __init__(self, objects: Objects, end: float = float("inf")) -> None:
        self._objects, self._end, self._clock = objects, end, objects.clock

    def within(self, seconds: float) -> "SlowS3":
        return SlowS3(self._objects, min(self._end, self._clock() + seconds))

    def has_idle(self, *, Bucket: str) -> bool:
        return self._objects.trouble("release.json") not in (REFUSED, DOWN)

    def get_object(self, *, Bucket: str, Key: str, VersionId: str = "", IfNoneMatch: str = "") -> dict[str, Any]:
        for attempt in range(self.attempts - 1):
            try:
                return self._get(Key, VersionId, IfNoneMatch)
            except ServiceError:
                raise
            except CallFailed:
                if self._clock() + 0.5 * 2**attempt >= self._end:
                    raise
                self._clock.sleep(0.5 * 2**attempt)
        return self._get(Key, VersionId, IfNoneMatch)

    def begin_get_object(self, *, Bucket: str, Key: str, IfNoneMatch: str = "") -> "Pending":
        trouble = self._connect(Key)
        seconds = {HANGS: float("inf"), DELAYED: DELAY_SECONDS}.get(trouble, 0.01)
        pending = Pending(self, self._clock() + seconds, lambda: self._objects.answer(Key, "", IfNoneMatch))
        pending.trickles = trouble == TRICKLES
        return pending

    def _get(self, key: str, version: str, unless: str) -> dict[str, Any]:
        trouble = self._connect(key)
        if trouble in (HANGS, DELAYED):
            self._pass(READ_SECONDS)
            raise TimedOut("the response did not arrive in time")
        answer = self._objects.answer(key, version, unless)
        if trouble == TRICKLES:
            answer["Body"] = Trickle(self, answer["Body"].getvalue())
        return answer

    def _connect(self, key: str) -> str:
        self._objects.asked.append(key)
        trouble = self._objects.trouble(key)
        if trouble == DOWN:
            self._pass(CONNECT_SECONDS)
        if trouble in (DOWN, REFUSED):
            raise NotConnected("s3: refused")
        return trouble

    def _pass(self, seconds: float) -> None:
        left = max(0.0, self._end - self._clock())
        self._clock.sleep(min(seconds, left))
        if seconds > left:
            raise TimedOut("the response did not arrive in time")


class Trickle:
    """A body that comes slowly."""

    def __init__(self, s3: SlowS3, body: bytes) -> None:
        self._s3, self._body = s3, body

    def read(self, most: int) -> bytes:
        self._s3._pass(len(self._body) / TRICKLED_BYTES_PER_SECOND)
        return self._body[:most]

    def close(self) -> None:
        pass


class Pending:
    """A call whose answer arrives at a time. lost : its connection is. trickles : only its beginning arrives."""

    lost = trickles = False

    def __init__(self, s3: SlowS3, at: float, answer: Callable[[], dict[str, Any]]) -> None:
        self._clock, self._at, self._answer = s3._clock, at, answer
        self.closed = False

    def arrives(self, seconds: float) -> bool:
        now = self._clock()
        if self._at > now + seconds and not self.lost:
            self._clock.sleep(seconds)
            return False
        self._clock.sleep(0.0 if self.lost else max(0.0, self._at - now))
        return True

    def __call__(self, seconds: float) -> dict[str, Any]:
        if self.lost:
            raise ConnectionLost("the connection was closed")
        if self.trickles:
            self._clock.sleep(seconds)
            raise TimedOut("the response did not arrive in time")
        return self._answer()

    def close(self) -> None:
        self.closed = True
