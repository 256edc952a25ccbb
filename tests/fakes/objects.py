"""Objects that events only name, and the state machine that large ones are handed to."""

import io
import json
from typing import Any

from tests.fakes.s3 import client_error

VERSION = "096fKKXTRTtl3on89fVO.nfljtsv6qko"
MACHINE = "arn:aws:states:eu-central-1:123456789012:stateMachine:mill-batch"


class Bucket:
    """Objects by key; an error is raised in place of one. Of versions, each has one, or none."""

    def __init__(self, versioned: bool = True, page: int = 2, **objects: Any) -> None:
        self.objects, self._versioned, self._page = objects, versioned, page
        self.asked: list[tuple[str, str, str]] = []

    def get_object(self, *, Bucket: str, Key: str, VersionId: str = "") -> dict[str, Any]:  # noqa: N803
        self.asked.append((Bucket, Key, VersionId))
        if Key not in self.objects:
            raise client_error("NoSuchKey", 404)
        body = self.objects[Key]
        if isinstance(body, Exception):
            raise body
        found = {"Body": io.BytesIO(body), "ContentLength": len(body), "ETag": '"etag"'}
        return found | ({"VersionId": VersionId or VERSION} if self._versioned else {"VersionId": "null"})

    def list_objects_v2(self, *, Bucket: str, Prefix: str, ContinuationToken: str = "0") -> dict[str, Any]:  # noqa: N803
        keys = sorted(key for key in self.objects if key.startswith(Prefix))
        start = int(ContinuationToken)
        shown = [{"Key": key, "Size": len(self.objects[key])} for key in keys[start : start + self._page]]
        rest = start + self._page < len(keys)
        return {"Contents": shown, "IsTruncated": rest, "NextContinuationToken": str(start + self._page)}


class Machines:
    """Step Functions: an execution of a name is started once. failures : what the next calls raise."""

    def __init__(self, *failures: Exception) -> None:
        self.started: dict[str, dict[str, Any]] = {}
        self._failures = list(failures)

    def start_execution(self, *, stateMachineArn: str, name: str, input: str) -> dict[str, str]:  # noqa: N803
        if self._failures:
            raise self._failures.pop(0)
        assert stateMachineArn == MACHINE
        if name in self.started:
            raise client_error("ExecutionAlreadyExists", 400)
        self.started[name] = json.loads(input)
        return {"executionArn": name}
