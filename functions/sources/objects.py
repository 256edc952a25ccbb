"""Objects in S3 that events only name: read whole, up to a limit, before their rows are records."""

from __future__ import annotations

from aws_client.errors import describe, error_code, is_failed_call, status
from records.faults import Code, Fault
from records.values import Value
from sources.errors import ObjectsUnavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from sources.large_objects import LargeObjects

MIB = 1024 * 1024
MOST_BYTES = 8 * MIB
MOST_OBJECTS = 1_000
# A source reads each line as an event, of CSV too; a batch would take the first line of CSV for a header.
BY_BATCH = "millrace batch run --format lines, or --format objects where each object is one event"
_GONE = frozenset({"NoSuchKey", "NoSuchVersion", "404"})


class StoredObject(Value):
    """version : the version id, or the ETag in a bucket without versions. versioned : which of the two."""

    version: str
    data: bytes
    versioned: bool


class NamedObject(Value):
    key: str
    size: int


class TooLarge(Fault):
    """An object has more bytes than an invocation reads, as it is or inflated.

    version, versioned : as in StoredObject. size : of the object, in bytes.
    """

    def __init__(self, fault: Fault, version: str, versioned: bool, size: int) -> None:
        super().__init__(fault.code, fault.path, fault.detail)
        self.version, self.versioned, self.size = version, versioned, size


class StoredObjects:
    """Reads objects of up to `most_bytes`. s3 : a client of `aws_client`, or of botocore.

    large : what larger files of rows are handed to; None: they are quarantined.
    """

    def __init__(self, s3: Any, most_bytes: int = MOST_BYTES, large: LargeObjects | None = None) -> None:
        self._s3, self.most_bytes, self.large = s3, most_bytes, large

    def read(self, bucket: str, key: str, version: str = "") -> StoredObject:
        """Raises Fault for an object that is gone, TooLarge, ObjectsUnavailable if S3 gives no answer."""
        named = {"VersionId": version} if version else {}
        try:
            found = self._s3.get_object(Bucket=bucket, Key=key, **named)
            body, size = found["Body"], found["ContentLength"]
            if size > self.most_bytes:
                body.close()
                raise TooLarge(too_large(size, self.most_bytes), *_version(found), size)
            version, versioned = _version(found)
            return StoredObject(version, body.read(), versioned)
        except Exception as error:
            if not is_failed_call(error):
                raise
            if error_code(error) in _GONE or status(error) == 404:
                raise Fault(
                    Code.INVALID_ENVELOPE, "/s3/object", "expected an object that exists, and it is gone"
                ) from None
            raise ObjectsUnavailable(f"s3://{bucket}: {describe(error)}; see the scorer's permissions") from None

    def listed(self, bucket: str, prefix: str) -> Iterator[NamedObject]:
        """The objects below a prefix, by key. Raises ObjectsUnavailable."""
        token: dict[str, str] = {}
        while True:
            try:
                page = self._s3.list_objects_v2(Bucket=bucket, Prefix=prefix, **token)
            except Exception as error:
                if not is_failed_call(error):
                    raise
                raise ObjectsUnavailable(f"s3://{bucket}: {describe(error)}; see the scorer's permissions") from None
            yield from (NamedObject(entry["Key"], entry["Size"]) for entry in page.get("Contents", ()))
            if not page.get("IsTruncated"):
                return
            token = {"ContinuationToken": page["NextContinuationToken"]}


def too_many(most: int) -> Fault:
    detail = f"expected up to {most:,} objects, got more; score them by {BY_BATCH}"
    return Fault(Code.INVALID_ENVELOPE, "/prefix", detail)


def too_large(size: int, most: int) -> Fault:
    detail = f"expected up to {most:,} bytes, got {size:,}; score it by {BY_BATCH}"
    return Fault(Code.INVALID_ENVELOPE, "/s3/object/size", detail)


def _version(found: Any) -> tuple[str, bool]:
    """As in StoredObject: version and versioned."""
    version: str = found.get("VersionId") or ""
    return (version, True) if version not in ("", "null") else (found["ETag"].strip('"'), False)
