"""The objects of the failure store: read as they were listed, replaced or removed only as they were read."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from aws_client.errors import error_code
from millrace.redrive.errors import RedriveError

# What S3 answers where a condition does not hold, or where another write is being decided.
_OTHERWISE = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey", "404", "409", "412"})


# The version of objects in a bucket that keeps none.
UNVERSIONED = "null"


class Version(NamedTuple):
    """One version of an object, by which it is replaced or removed."""

    key: str
    etag: str
    version_id: str


class Objects:
    """One bucket. Every change is bound to the version that was read: one that was written meanwhile stays.

    versioned : whether a bucket that keeps no versions is an error.
    """

    def __init__(self, s3: Any, bucket: str, *, versioned: bool = True) -> None:
        self._s3, self.bucket, self._versioned = s3, bucket, versioned

    def listed(self, prefix: str) -> list[tuple[str, str]]:
        """Key and ETag of every object below the prefix."""
        found: list[tuple[str, str]] = []
        token: dict[str, str] = {}
        while True:
            page = self._s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix, **token)
            found += [(item["Key"], item["ETag"]) for item in page.get("Contents", [])]
            if not page.get("IsTruncated"):
                return found
            token = {"ContinuationToken": page["NextContinuationToken"]}

    def read(self, key: str, etag: str = "") -> tuple[Version, bytes] | None:
        """The object; None where it is gone, or is another than the one with this ETag."""
        condition = {"IfMatch": etag} if etag else {}
        try:
            answer = self._s3.get_object(Bucket=self.bucket, Key=key, **condition)
        except ClientError as error:
            if error_code(error) in _OTHERWISE:
                return None
            raise
        return Version(key, answer["ETag"], answer.get("VersionId", "")), answer["Body"].read()

    def create(self, key: str, body: bytes) -> Version | None:
        """Write an object where there is none; None where there is one."""
        return self._put(key, body, IfNoneMatch="*")

    def replace(self, version: Version, body: bytes) -> Version | None:
        """Write over the version; None, and nothing is written, where it is not the present one any more."""
        return self._put(version.key, body, IfMatch=version.etag)

    def remove(self, version: Version) -> None:
        """Remove the version for good, and those before it, the oldest first: what is older must not come back.

        Deleting without a version would hide what was written meanwhile; S3's conditional delete is too new for
        emulators.
        """
        versions = list(self._versions(version.key))
        if version.version_id in versions:
            for version_id in reversed(versions[versions.index(version.version_id) :]):
                self._s3.delete_object(Bucket=self.bucket, Key=version.key, VersionId=version_id)

    def _versions(self, key: str) -> Iterator[str]:
        """The ids of an object's versions, the newest first, as S3 lists them."""
        marker: dict[str, str] = {}
        while True:
            page = self._s3.list_object_versions(Bucket=self.bucket, Prefix=key, **marker)
            versions = page.get("Versions", [])
            yield from (item["VersionId"] for item in versions if item["Key"] == key)
            # Keys are listed in order, and the key itself comes before all that only begin with it.
            if not page.get("IsTruncated") or page.get("NextKeyMarker") != key:
                return
            marker = {"KeyMarker": page["NextKeyMarker"], "VersionIdMarker": page["NextVersionIdMarker"]}

    def _put(self, key: str, body: bytes, **condition: str) -> Version | None:
        try:
            answer = self._s3.put_object(Bucket=self.bucket, Key=key, Body=body, **condition)
        except ClientError as error:
            if error_code(error) not in _OTHERWISE:
                raise
            # The client makes a call again that timed out, and it may have been carried out: then it is ours.
            found = self.read(key)
            return found[0] if found and found[1] == body else None
        version_id = answer.get("VersionId", UNVERSIONED)
        if version_id == UNVERSIONED and self._versioned:
            raise RedriveError(f"expected a versioned bucket, got no version of s3://{self.bucket}/{key}")
        return Version(key, answer["ETag"], version_id)
