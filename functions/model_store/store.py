"""The model store on S3: immutable artifacts, and one release for each model, changed by conditional writes."""

from dataclasses import dataclass
from typing import Any

from model_store import isolated
from model_store.artifact import MANIFEST_FILE, Artifact
from model_store.errors import (
    ArtifactExists,
    ArtifactRefused,
    ModelStoreError,
    ReleaseConflict,
    ReleaseMissing,
)
from model_store.manifest import MODEL_FILE, Manifest
from model_store.release import Pointer, Release
from model_store.verify import MAX_MODEL_BYTES

MAX_DOCUMENT_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class StoredRelease:
    """A release and the ETag under which it was read: what a conditional read or write is conditional on."""

    release: Release
    etag: str


class ModelStore:
    """Artifacts and releases of one model.

    Parameters
    ----------
    s3 : an S3 client of botocore or boto3.
    bucket : the model store's bucket.
    name : the model's name.
    """

    def __init__(self, s3: Any, bucket: str, name: str) -> None:
        self._s3, self.bucket, self.name = s3, bucket, name

    def release(self, *, unless: str | None = None) -> StoredRelease | None:
        """The release, or None where its ETag is still `unless`. Raises ReleaseMissing, DocumentInvalid."""
        condition = {"IfNoneMatch": unless} if unless else {}
        try:
            answer = self._s3.get_object(Bucket=self.bucket, Key=self._release_key, **condition)
        except self._s3.exceptions.ClientError as error:
            if _code(error) in ("304", "NotModified"):
                return None
            if _code(error) in ("NoSuchKey", "404"):
                raise ReleaseMissing(
                    f"expected a release at s3://{self.bucket}/{self._release_key}, found none: "
                    f"publish a model with `millrace model publish`"
                ) from None
            raise
        return StoredRelease(Release.from_bytes(_read(answer, MAX_DOCUMENT_BYTES, "release")), answer["ETag"])

    def artifact(self, pointer: Pointer) -> Artifact:
        """The artifact that a release points to, at exactly the S3 versions it names.

        Raises ArtifactRefused where the manifest is not the one that was released.
        """
        key = f"models/{self.name}/{pointer.version}"
        raw = self._get(f"{key}/{MANIFEST_FILE}", pointer.manifest_version_id, MAX_DOCUMENT_BYTES)
        manifest = Manifest.from_bytes(raw)
        expected = (self.name, pointer.version, pointer.manifest_digest)
        found = (manifest.name, manifest.version, manifest.digest())
        if found != expected:
            raise ArtifactRefused("manifest", f"expected name, version and digest {expected}, got {found}")
        return Artifact(manifest, self._get(f"{key}/{MODEL_FILE}", pointer.model_version_id, MAX_MODEL_BYTES))

    def publish(self, artifact: Artifact) -> Pointer:
        """Verify an artifact and store it under its version. Raises ArtifactRefused and ArtifactExists."""
        manifest = artifact.manifest
        if manifest.name != self.name:
            raise ArtifactRefused("manifest", f"expected the model name {self.name!r}, got {manifest.name!r}")
        isolated.check(artifact)
        key = f"models/{self.name}/{manifest.version}"
        model_version = self._put_new(f"{key}/{MODEL_FILE}", artifact.model)
        manifest_version = self._put_new(f"{key}/{MANIFEST_FILE}", manifest.to_bytes())
        return Pointer(manifest.version, manifest.digest(), manifest_version, model_version)

    def put_release(self, release: Release, *, replacing: StoredRelease | None) -> None:
        """Write the release, if the stored one is still `replacing` (None: there is none). Raises ReleaseConflict."""
        condition = {"IfMatch": replacing.etag} if replacing else {"IfNoneMatch": "*"}
        body = release.to_bytes()
        try:
            self._s3.put_object(Bucket=self.bucket, Key=self._release_key, Body=body, **condition)
        except self._s3.exceptions.ClientError as error:
            if _code(error) in ("PreconditionFailed", "ConditionalRequestConflict", "412", "409"):
                raise ReleaseConflict(
                    f"the release of {self.name!r} was changed by somebody else: read it again, then decide again"
                ) from None
            raise

    @property
    def _release_key(self) -> str:
        return f"models/{self.name}/release.json"

    def _get(self, key: str, version_id: str, limit: int) -> bytes:
        try:
            answer = self._s3.get_object(Bucket=self.bucket, Key=key, VersionId=version_id)
        except self._s3.exceptions.ClientError as error:
            if _code(error) in ("NoSuchKey", "NoSuchVersion", "404"):
                raise ArtifactRefused("existence", f"expected s3://{self.bucket}/{key}, version {version_id}") from None
            raise
        return _read(answer, limit, key)

    def _put_new(self, key: str, body: bytes) -> str:
        """Store an object that must not exist yet; the same bytes again are fine. Returns its S3 version."""
        try:
            answer = self._s3.put_object(Bucket=self.bucket, Key=key, Body=body, IfNoneMatch="*")
        except self._s3.exceptions.ClientError as error:
            if _code(error) not in ("PreconditionFailed", "412"):
                raise
            answer = self._s3.get_object(Bucket=self.bucket, Key=key)
            if answer["Body"].read() != body:
                raise ArtifactExists(
                    f"s3://{self.bucket}/{key} exists with other content: publish under a new version"
                ) from None
        version: str = answer.get("VersionId", "")
        if not version:
            raise ModelStoreError(f"expected a versioned bucket, got no VersionId from {self.bucket}")
        return version


def _read(answer: Any, limit: int, what: str) -> bytes:
    if answer["ContentLength"] > limit:
        raise ArtifactRefused("size", f"{what}: expected at most {limit} bytes, got {answer['ContentLength']}")
    body: bytes = answer["Body"].read()
    return body


def _code(error: Any) -> str:
    code: str = error.response.get("Error", {}).get("Code", "")
    return code
