"""What S3 answers: bodies of a bounded size, versions, and the codes of errors that the model store expects."""

from __future__ import annotations

from model_store.errors import ArtifactRefused, ModelStoreError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CHANGED = ("PreconditionFailed", "412")
UNDER_WAY = ("ConditionalRequestConflict", "OperationAborted", "409")
MISSING = ("NoSuchKey", "NoSuchVersion", "404")
# How S3 answers to a version id that it cannot have given, and to that of a deletion.
NO_VERSION = ("InvalidArgument", "MethodNotAllowed", "400", "405")


def version_id(answer: Any, bucket: str) -> str:
    """The S3 version that a call read or made. Raises ModelStoreError where the bucket has none."""
    version: str = answer.get("VersionId", "")
    if not version:
        raise ModelStoreError(f"expected a versioned bucket, got no VersionId from {bucket}")
    return version


def body(answer: Any, limit: int, what: str, *, exact: bool = False) -> bytes:
    """The body of up to `limit` bytes, or of exactly that size. One that has another size is refused unread."""
    size, stream = answer["ContentLength"], answer["Body"]
    if size > limit or (exact and size != limit):
        stream.close()
        expected = f"the manifest's {limit} bytes" if exact else f"at most {limit} bytes"
        raise ArtifactRefused("size", f"{what}: expected {expected}, got {size}")
    content: bytes = stream.read(limit + 1)  # one more than there may be, whatever the length said
    if len(content) != size:
        raise ArtifactRefused(
            "size", f"{what}: expected the {size} bytes that S3 announced, got {len(content)} or more"
        )
    return content


def code(error: Any) -> str:
    """The code of a ClientError; empty where it has none."""
    found: str = error.response.get("Error", {}).get("Code", "")
    return found
