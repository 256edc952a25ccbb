"""An S3 client, as far as the quarantine needs one."""

from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ClientError


def client_error(code: str, status: int, operation: str = "Operation") -> ClientError:
    """The error that botocore raises for an error response."""
    return ClientError({"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}, operation)


class FakeS3:
    """Keeps what is put; the first calls raise `failures`, one by one."""

    def __init__(self, failures: Iterable[Exception] = ()) -> None:
        self._failures = iter(failures)
        self.objects: dict[str, bytes] = {}
        self.calls = 0

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, **_: Any) -> dict[str, Any]:  # noqa: N803 - S3's names
        self.calls += 1
        if failure := next(self._failures, None):
            raise failure
        self.objects[f"{Bucket}/{Key}"] = Body
        return {}
