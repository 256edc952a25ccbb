"""The objects of a batch: listing them, and reading ranges of one version."""

from __future__ import annotations

from datetime import UTC, datetime

from batches.errors import BatchRefused
from records.timestamps import timestamp
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from batches.item import Span

UNVERSIONED = "null"
# Codes of S3 for a version that is no more; an answer without a body has its HTTP status.
_GONE = ("NoSuchKey", "NoSuchVersion", "PreconditionFailed", "404", "412")
BLOCK = 8 * 1024 * 1024


class ListedObject(Value):
    """One object: its latest version. version : empty in a bucket without versions."""

    key: str
    version: str
    etag: str
    size: int
    modified_at: str

    @property
    def identity(self) -> str:
        """What another content of the key would have another one of."""
        return self.version or self.etag


def listed(s3: Any, bucket: str, prefix: str, after: str = "") -> Iterator[ListedObject]:
    """The latest versions below a prefix, by key, beyond the key `after`; folders' own empty objects are left out.

    Raises what the client raises.
    """
    page: dict[str, Any] = {"NextKeyMarker": after, "NextVersionIdMarker": "", "IsTruncated": True}
    while page["IsTruncated"]:
        markers = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}
        page = s3.list_object_versions(Bucket=bucket, Prefix=prefix, **{k: v for k, v in markers.items() if v})
        for entry in page.get("Versions", []):
            # The versions of the key that the last page ended with continue on the next one.
            if entry["IsLatest"] and entry["Key"] > after and not entry["Key"].endswith("/"):
                version = "" if entry["VersionId"] == UNVERSIONED else entry["VersionId"]
                yield ListedObject(
                    entry["Key"], version, entry["ETag"].strip('"'), entry["Size"], _time(entry["LastModified"])
                )


def one_version(s3: Any, bucket: str, key: str, version_id: str = "", etag: str = "") -> ListedObject:
    """One object, in that version. Raises BatchRefused where it is gone, and what the client raises."""
    pinned = {"VersionId": version_id} if version_id else {"IfMatch": f'"{etag}"'}
    try:
        found = s3.head_object(Bucket=bucket, Key=key, **pinned)
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in _GONE:
            raise _gone(bucket, key, "named") from None
        raise
    modified_at = _time(_moment(found["LastModified"]))
    return ListedObject(key, version_id, found["ETag"].strip('"'), found["ContentLength"], modified_at)


def read_range(s3: Any, bucket: str, found: ListedObject | Span, start: int, end: int) -> bytes:
    """The bytes from `start` up to `end` of exactly that version. Raises BatchRefused where it is gone."""
    if start >= end:
        return b""
    pinned = {"VersionId": found.version} if found.version else {"IfMatch": f'"{found.etag}"'}
    try:
        answer = s3.get_object(Bucket=bucket, Key=found.key, Range=f"bytes={start}-{end - 1}", **pinned)
        data: bytes = answer["Body"].read()
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in _GONE:
            raise _gone(bucket, found.key, "listed") from None
        raise
    if len(data) != end - start:
        raise BatchRefused(f"s3://{bucket}/{found.key}: expected {end - start} bytes, got {len(data)}; start a new run")
    return data


def _gone(bucket: str, key: str, how: str) -> BatchRefused:
    return BatchRefused(
        f"s3://{bucket}/{key}: expected the version that was {how}, which is gone or was replaced; start a new run"
    )


def stored_blocks(s3: Any, bucket: str, key: str, size: int, block: int = BLOCK) -> Iterator[bytes]:
    """An object of a run, block by block. Raises what the client raises."""
    for start in range(0, size, block):
        answer = s3.get_object(Bucket=bucket, Key=key, Range=f"bytes={start}-{min(start + block, size) - 1}")
        yield answer["Body"].read()


def keys(s3: Any, bucket: str, prefix: str) -> Iterator[tuple[str, int]]:
    """Keys below a prefix, in order, and their sizes. Raises what the client raises."""
    page: dict[str, Any] = {"IsTruncated": True}
    while page["IsTruncated"]:
        token = page.get("NextContinuationToken")
        page = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, **({"ContinuationToken": token} if token else {}))
        yield from ((entry["Key"], entry["Size"]) for entry in page.get("Contents", []))


def document(s3: Any, bucket: str, key: str) -> bytes | None:
    """A small object of a run; None where there is none. Raises what the client raises."""
    try:
        body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    except s3.exceptions.ClientError as error:
        if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
            return None
        raise
    return body


def _moment(value: Any) -> datetime:
    from email.utils import parsedate_to_datetime  # only runs of one object need it

    return value if isinstance(value, datetime) else parsedate_to_datetime(value)


def _time(value: Any) -> str:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(value)
    return timestamp(moment.astimezone(UTC).timestamp())
