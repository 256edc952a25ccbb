"""S3: reads and writes of one object, with conditions and versions, and listing by prefix.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
"""

from __future__ import annotations

from binascii import b2a_base64, crc32

from aws_client import xml_answers
from aws_client.caller import ApiCall, Exceptions
from aws_client.errors import Unreadable
from aws_client.sigv4 import encode, encode_query

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from aws_client.caller import Caller, PendingReply, Reply
    from aws_client.endpoints import Endpoint

# Keyword arguments are botocore's.
# ruff: noqa: N803


class S3:
    """Receives an object's body when it is read, so that the caller can reject one that is too large."""

    exceptions = Exceptions

    def __init__(self, call: Caller, endpoint: Endpoint, environment: Mapping[str, str]) -> None:
        self._call, self._endpoint, self._environment = call, endpoint, environment

    def within(self, seconds: float) -> S3:
        """The same client, of which all calls, bodies included, end within `seconds` from now."""
        return S3(self._call.within(seconds), self._endpoint, self._environment)

    def has_idle(self, *, Bucket: str) -> bool:
        """Whether a call needs no new connection: opening one can take as long as the timeout."""
        return self._call.has_idle(self._endpoint.bucket(Bucket, "")[0])

    def get_object(
        self,
        *,
        Bucket: str,
        Key: str,
        VersionId: str = "",
        IfMatch: str = "",
        IfNoneMatch: str = "",
        Range: str = "",
    ) -> dict[str, Any]:
        """`Body` can be read, or closed, once. Raises CallFailed; with the code 304 if the object has not changed.

        Range : `bytes=0-99` for the first hundred bytes.
        """
        call = self._object(
            "GetObject", "GET", Bucket, Key, VersionId, IfMatch=IfMatch, IfNoneMatch=IfNoneMatch, Range=Range
        )
        return _found(self._call(call._replace(streamed=True)))

    def begin_get_object(self, *, Bucket: str, Key: str, IfNoneMatch: str = "") -> PendingObject:
        """Send one request, without retries. Raises CallFailed."""
        call = self._object("GetObject", "GET", Bucket, Key, IfNoneMatch=IfNoneMatch)
        return PendingObject(self._call.ask(call._replace(streamed=True)))

    def head_object(
        self, *, Bucket: str, Key: str, VersionId: str = "", IfMatch: str = "", IfNoneMatch: str = ""
    ) -> dict[str, Any]:
        """Raises CallFailed; S3 sends no body, so the code of an error is its HTTP status."""
        call = self._object("HeadObject", "HEAD", Bucket, Key, VersionId, IfMatch=IfMatch, IfNoneMatch=IfNoneMatch)
        return _described(self._call(call))

    def put_object(
        self, *, Bucket: str, Key: str, Body: bytes, ContentType: str = "", IfMatch: str = "", IfNoneMatch: str = ""
    ) -> dict[str, Any]:
        """Raises CallFailed."""
        call = self._object(
            "PutObject", "PUT", Bucket, Key, ContentType=ContentType, IfMatch=IfMatch, IfNoneMatch=IfNoneMatch
        )
        return _described(self._call(call._replace(body=Body, headers=call.headers | _checksum(Body))))

    def list_objects_v2(self, *, Bucket: str, Prefix: str = "", ContinuationToken: str = "") -> dict[str, Any]:
        """One page of up to 1,000 keys, and the token of the next one if `IsTruncated`. Raises CallFailed."""
        origin, path = self._endpoint.bucket(Bucket, "")
        # encoding-type: XML cannot represent every character that a key can contain.
        members = {"list-type": "2", "encoding-type": "url", "prefix": Prefix, "continuation-token": ContinuationToken}
        query = encode_query([(name, value) for name, value in members.items() if value])
        call = ApiCall(
            "ListObjectsV2", origin, self._endpoint.region, {}, method="GET", path=path.rstrip("/") or "/", query=query
        )
        return _listed(self._call(call))

    def list_object_versions(
        self, *, Bucket: str, Prefix: str = "", KeyMarker: str = "", VersionIdMarker: str = ""
    ) -> dict[str, Any]:
        """One page of up to 1,000 versions, the latest of a key first, and the markers of the next page if
        `IsTruncated`. In a bucket without versions, `VersionId` is `null`. Raises CallFailed.
        """
        origin, path = self._endpoint.bucket(Bucket, "")
        members = {
            "versions": "",
            "encoding-type": "url",
            "prefix": Prefix,
            "key-marker": KeyMarker,
            "version-id-marker": VersionIdMarker,
        }
        query = encode_query([(name, value) for name, value in members.items() if value or name == "versions"])
        call = ApiCall(
            "ListObjectVersions",
            origin,
            self._endpoint.region,
            {},
            method="GET",
            path=path.rstrip("/") or "/",
            query=query,
        )
        return _versions(self._call(call))

    def _object(
        self, operation: str, method: str, bucket: str, key: str, version_id: str = "", **headers: str
    ) -> ApiCall:
        origin, path = self._endpoint.bucket(bucket, key)
        return ApiCall(
            operation,
            origin,
            self._endpoint.region,
            {_HEADERS[name]: value for name, value in headers.items() if value},
            method=method,
            path=encode(path, safe="/"),
            query=encode_query([("versionId", version_id)]) if version_id else "",
        )


class PendingObject:
    """An object that was asked for."""

    def __init__(self, pending: PendingReply) -> None:
        self._pending = pending
        self.arrives, self.close = pending.arrives, pending.close

    def __call__(self, seconds: float) -> dict[str, Any]:
        """As `get_object`, of which everything, body included, must arrive within `seconds`."""
        return _found(self._pending(seconds))


def _found(reply: Reply) -> dict[str, Any]:
    described = _described(reply)
    if "ContentLength" not in described:
        raise Unreadable("expected the length of the object")
    return {"Body": reply.stream, **described}


def _checksum(body: bytes) -> dict[str, str]:
    """The headers of a checksum, which S3 stores, and requires if the bucket has Object Lock."""
    crc = b2a_base64(crc32(body).to_bytes(4), newline=False).decode("ascii")
    return {"x-amz-sdk-checksum-algorithm": "CRC32", "x-amz-checksum-crc32": crc}


def explain(reply: Reply) -> tuple[str, str]:
    """Code and message of an error; empty without a body, which HEAD and 304 do not have."""
    return xml_answers.explain(reply) if reply.body else ("", "")


def _listed(reply: Reply) -> dict[str, Any]:
    """Raises Unreadable."""
    from urllib.parse import unquote_plus  # only listing needs it

    page = xml_answers.root(reply.body)
    truncated = page.findtext("IsTruncated")
    if page.tag != "ListBucketResult" or truncated not in ("true", "false"):
        raise Unreadable("expected a page of a bucket's keys")
    contents = [
        {
            "Key": unquote_plus(entry.findtext("Key", "")),
            "ETag": entry.findtext("ETag", ""),
            "Size": int(entry.findtext("Size", "0")),
        }
        for entry in page.findall("Contents")
    ]
    answer: dict[str, Any] = {"IsTruncated": truncated == "true", "ResponseMetadata": reply.metadata()}
    if contents:
        answer["Contents"] = contents
    if token := page.findtext("NextContinuationToken"):
        answer["NextContinuationToken"] = token
    return answer


def _versions(reply: Reply) -> dict[str, Any]:
    """Raises Unreadable."""
    from urllib.parse import unquote_plus  # only listing needs it

    page = xml_answers.root(reply.body)
    truncated = page.findtext("IsTruncated")
    if page.tag != "ListVersionsResult" or truncated not in ("true", "false"):
        raise Unreadable("expected a page of a bucket's versions")
    # Servers other than AWS may answer without the encoding that was asked for.
    decoded = unquote_plus if page.findtext("EncodingType") == "url" else str
    versions = [
        {
            "Key": decoded(entry.findtext("Key", "")),
            "VersionId": entry.findtext("VersionId", ""),
            "ETag": entry.findtext("ETag", ""),
            "Size": int(entry.findtext("Size", "0")),
            "IsLatest": entry.findtext("IsLatest") == "true",
            "LastModified": entry.findtext("LastModified", ""),
        }
        for entry in page.findall("Version")
    ]
    answer: dict[str, Any] = {
        "IsTruncated": truncated == "true",
        "Versions": versions,
        "ResponseMetadata": reply.metadata(),
    }
    if answer["IsTruncated"]:
        answer["NextKeyMarker"] = decoded(page.findtext("NextKeyMarker", ""))
        answer["NextVersionIdMarker"] = page.findtext("NextVersionIdMarker", "")
    return answer


_HEADERS = {"Range": "range", "ContentType": "content-type", "IfMatch": "if-match", "IfNoneMatch": "if-none-match"}
_MEMBERS = {
    "ETag": "etag",
    "VersionId": "x-amz-version-id",
    "ContentType": "content-type",
    "LastModified": "last-modified",  # as HTTP writes it; a datetime of botocore's
}


def _described(reply: Reply) -> dict[str, Any]:
    """The members that S3 sends as headers. Raises Unreadable without an ETag: then the server is not S3."""
    headers = reply.head.headers
    if "etag" not in headers:
        raise Unreadable("expected the ETag of an object")
    described: dict[str, Any] = {member: headers[name] for member, name in _MEMBERS.items() if name in headers}
    length = headers.get("content-length", "")
    if length.isascii() and length.isdigit():
        described["ContentLength"] = int(length)
    return {**described, "ResponseMetadata": reply.metadata()}
