"""S3: versioned buckets in memory, and a client of them.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObject.html and its like
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from ..world import World
from .body import Body
from .client import Client
from .errors import NoSuchKey, client_error

# Keyword arguments are botocore's.
# ruff: noqa: N803


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an object; `body` is None for a delete marker."""

    key: str
    version_id: str
    body: bytes | None
    modified_at: float
    content_type: str

    @property
    def etag(self) -> str:
        return _etag(self.body or b"")

    def described(self) -> dict[str, Any]:
        """What every answer about it has."""
        return {"ETag": self.etag, "LastModified": datetime.fromtimestamp(self.modified_at, UTC)}


@lru_cache(maxsize=16)  # models are put and read again and again
def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


class Buckets:
    """The objects of all buckets, every version of them, shared by clients. A bucket exists once it is spoken of."""

    def __init__(self, world: World) -> None:
        self.world = world
        self._versions: dict[str, dict[str, list[Version]]] = {}

    def objects(self, bucket: str, prefix: str = "") -> dict[str, bytes]:
        """The current objects, by key, in order."""
        return {v.key: v.body for v in self.listed(bucket, prefix) if v.body is not None}

    def put(self, bucket: str, key: str, body: bytes, content_type: str = "binary/octet-stream") -> Version:
        """Put another version. A scenario's own hand: without faults."""
        return self._append(bucket, Version(key, self._version_id(), bytes(body), self.world.now, content_type))

    def delete(self, bucket: str, key: str) -> Version:
        """Put a delete marker."""
        return self._append(bucket, Version(key, self._version_id(), None, self.world.now, ""))

    def remove(self, bucket: str, key: str, version_id: str) -> None:
        """Remove one version for good."""
        versions = self._versions.get(bucket, {}).get(key, [])
        versions[:] = [version for version in versions if version.version_id != version_id]

    def find(self, bucket: str, key: str, version_id: str | None = None) -> Version | None:
        """The version of that id, or the current one; None where there is none, or a delete marker."""
        versions = self._versions.get(bucket, {}).get(key, [])
        if version_id is not None:
            versions = [version for version in versions if version.version_id == version_id]
        return versions[-1] if versions and versions[-1].body is not None else None

    def listed(self, bucket: str, prefix: str = "") -> list[Version]:
        """The current versions, by key."""
        keys = sorted(key for key in self._versions.get(bucket, {}) if key.startswith(prefix))
        found = (self.find(bucket, key) for key in keys)
        return [version for version in found if version is not None]

    def versions(self, bucket: str, prefix: str = "") -> list[Version]:
        """Every version and delete marker, by key, the newest first."""
        kept = self._versions.get(bucket, {})
        return [version for key in sorted(kept) if key.startswith(prefix) for version in reversed(kept[key])]

    def _append(self, bucket: str, version: Version) -> Version:
        self._versions.setdefault(bucket, {}).setdefault(version.key, []).append(version)
        return version

    def _version_id(self) -> str:
        return self.world.uuid().replace("-", "")


class S3Client(Client):
    """get_object, head_object, put_object, copy_object, delete_object, list_objects_v2 and its paginator.

    `page_keys`: the most keys in a page. S3 promises no more than 1,000, and may give fewer.
    """

    service = "s3"

    def __init__(self, world: World, buckets: Buckets, page_keys: int = 1000, **client: Any) -> None:
        super().__init__(world, **client)
        self.buckets, self._page_keys = buckets, page_keys

    def get_object(
        self,
        *,
        Bucket: str,
        Key: str,
        VersionId: str | None = None,
        IfMatch: str | None = None,
        IfNoneMatch: str | None = None,
        **_: Any,
    ) -> dict[str, Any]:
        """The object with its `Body`. Raises ClientError: NoSuchKey, 304 (`IfNoneMatch`), 412 (`IfMatch`)."""

        def get() -> dict[str, Any]:
            version = self._find("GetObject", Bucket, Key, VersionId)
            if IfMatch is not None and IfMatch.strip('"') != version.etag.strip('"'):
                raise client_error("GetObject", "PreconditionFailed", 412)
            if IfNoneMatch is not None and IfNoneMatch.strip('"') == version.etag.strip('"'):
                raise client_error("GetObject", "304", 304, "Not Modified")
            return _head(version) | {"Body": Body(version.body or b"")}

        return self._call("GetObject", get)

    def head_object(self, *, Bucket: str, Key: str, VersionId: str | None = None, **_: Any) -> dict[str, Any]:
        def head() -> dict[str, Any]:
            version = self.buckets.find(Bucket, Key, VersionId)
            if version is None:
                raise client_error("HeadObject", "404", 404, "Not Found")
            return _head(version)

        return self._call("HeadObject", head)

    def put_object(
        self,
        *,
        Bucket: str,
        Key: str,
        Body: bytes | str = b"",
        ContentType: str = "binary/octet-stream",
        IfMatch: str | None = None,
        IfNoneMatch: str | None = None,
        **_: Any,
    ) -> dict[str, Any]:
        """Raises ClientError: PreconditionFailed (412), NoSuchKey for `IfMatch` where there is none."""
        body = Body.encode() if isinstance(Body, str) else Body

        def put() -> dict[str, Any]:
            current = self.buckets.find(Bucket, Key)
            if IfMatch is not None and current is None:
                raise client_error("PutObject", "NoSuchKey", 404, kind=NoSuchKey)
            if (IfNoneMatch == "*" and current is not None) or (
                IfMatch is not None and current is not None and IfMatch.strip('"') != current.etag.strip('"')
            ):
                raise client_error("PutObject", "PreconditionFailed", 412)
            version = self.buckets.put(Bucket, Key, body, ContentType)
            return {"ETag": version.etag, "VersionId": version.version_id}

        return self._call("PutObject", put)

    def copy_object(self, *, Bucket: str, Key: str, CopySource: dict[str, str] | str, **_: Any) -> dict[str, Any]:
        """`CopySource`: {"Bucket", "Key"[, "VersionId"]}, or "bucket/key"."""
        if isinstance(CopySource, str):
            bucket, _slash, key = CopySource.partition("/")
            source = {"Bucket": bucket, "Key": key}
        else:
            source = CopySource

        def copy() -> dict[str, Any]:
            found = self._find("CopyObject", source["Bucket"], source["Key"], source.get("VersionId"))
            version = self.buckets.put(Bucket, Key, found.body or b"", found.content_type)
            return {"CopyObjectResult": version.described(), "VersionId": version.version_id}

        return self._call("CopyObject", copy)

    def delete_object(self, *, Bucket: str, Key: str, VersionId: str | None = None, **_: Any) -> dict[str, Any]:
        """A delete marker; with `VersionId`, that version for good. Deleting what is not there is no error."""

        def delete() -> dict[str, Any]:
            if VersionId is None:
                return {"DeleteMarker": True, "VersionId": self.buckets.delete(Bucket, Key).version_id}
            self.buckets.remove(Bucket, Key, VersionId)
            return {"VersionId": VersionId}

        return self._call("DeleteObject", delete)

    def list_objects_v2(
        self,
        *,
        Bucket: str,
        Prefix: str = "",
        StartAfter: str = "",
        ContinuationToken: str | None = None,
        MaxKeys: int = 1000,
        **_: Any,
    ) -> dict[str, Any]:
        """A page of the current objects, by key."""

        def page() -> dict[str, Any]:
            after = StartAfter if ContinuationToken is None else ContinuationToken
            most = min(MaxKeys, self._page_keys)
            listed = [version for version in self.buckets.listed(Bucket, Prefix) if version.key > after]
            contents = [
                {"Key": v.key, "Size": len(v.body or b""), "StorageClass": "STANDARD", **v.described()}
                for v in listed[:most]
            ]
            answer: dict[str, Any] = {"KeyCount": len(contents), "IsTruncated": len(listed) > most}
            if contents:
                answer["Contents"] = contents
            self.counts["further pages"] += ContinuationToken is not None
            if answer["IsTruncated"]:
                answer["NextContinuationToken"] = contents[-1]["Key"]
            return answer

        return self._call("ListObjectsV2", page)

    def list_object_versions(
        self,
        *,
        Bucket: str,
        Prefix: str = "",
        KeyMarker: str = "",
        VersionIdMarker: str = "",
        MaxKeys: int = 1000,
        **_: Any,
    ) -> dict[str, Any]:
        """A page of all versions and delete markers, by key, the newest first."""

        def page() -> dict[str, Any]:
            most = min(MaxKeys, self._page_keys)
            listed = self.buckets.versions(Bucket, Prefix)
            if KeyMarker:
                places = [(version.key, version.version_id) for version in listed]
                listed = listed[places.index((KeyMarker, VersionIdMarker)) + 1 :]
            answer: dict[str, Any] = {"IsTruncated": len(listed) > most, "Versions": [], "DeleteMarkers": []}
            for version in listed[:most]:
                member = "Versions" if version.body is not None else "DeleteMarkers"
                answer[member].append({"Key": version.key, "VersionId": version.version_id, **version.described()})
            if answer["IsTruncated"]:
                last = listed[most - 1]
                answer |= {"NextKeyMarker": last.key, "NextVersionIdMarker": last.version_id}
            return answer

        return self._call("ListObjectVersions", page)

    def get_paginator(self, operation: str) -> "Paginator":
        """Of `list_objects_v2`. Raises ValueError for others."""
        if operation != "list_objects_v2":
            raise ValueError(f"expected list_objects_v2, the only one that is simulated, got {operation}")
        return Paginator(self)

    def _find(self, operation: str, bucket: str, key: str, version_id: str | None) -> Version:
        version = self.buckets.find(bucket, key, version_id)
        if version is None and version_id is not None:
            raise client_error(operation, "NoSuchVersion", 404)
        if version is None:
            raise client_error(operation, "NoSuchKey", 404, kind=NoSuchKey)
        return version


class Paginator:
    """The pages of a listing, one call each."""

    def __init__(self, s3: S3Client) -> None:
        self._s3 = s3

    def paginate(self, **arguments: Any) -> Iterator[dict[str, Any]]:
        while True:
            page = self._s3.list_objects_v2(**arguments)
            yield page
            if not page["IsTruncated"]:
                return
            arguments["ContinuationToken"] = page["NextContinuationToken"]


def _head(version: Version) -> dict[str, Any]:
    return {
        "VersionId": version.version_id,
        "ContentLength": len(version.body or b""),
        "ContentType": version.content_type,
        "Metadata": {},
        "ResponseMetadata": {"HTTPStatusCode": 200},
        **version.described(),
    }
