"""The model store on S3: immutable artifacts, and one release for each model, changed by conditional writes."""

from __future__ import annotations

from model_store import answers, isolated, memory
from model_store.artifact import MANIFEST_FILE, SIGNATURE_FILE, Artifact
from model_store.errors import (
    ArtifactExists,
    ArtifactRefused,
    DocumentInvalid,
    ModelStoreError,
    ReleaseConflict,
    ReleaseMissing,
    VersionMissing,
)
from model_store.manifest import Manifest
from model_store.release import Pointer, Release
from model_store.stored_release import FormerRelease, PendingRelease, StoredRelease
from model_store.verify import MAX_MODEL_BYTES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, Protocol

    class Signer(Protocol):
        """Signs manifests, as `millrace.model.signing` does. Who only reads the store needs none."""

        def signature(self, message: bytes, present: bytes | None) -> bytes:
            """A signature of the message that holds: the present one where it does, else a new one."""


MAX_DOCUMENT_BYTES = 16 * 1024 * 1024
MAX_SIGNATURE_BYTES = 1024
# A release is four pointers and a few words; it is read again and again.
MAX_RELEASE_BYTES = 64 * 1024
# A manifest is read into objects, of which each takes many times its bytes.
MEMORY_PER_DOCUMENT_BYTE = 64
# How often a write is made again that S3 called off because of another one under way (HTTP 409).
CONFLICT_ATTEMPTS = 4


class ModelStore:
    """Artifacts and releases of one model.

    Parameters
    ----------
    s3 : an S3 client of botocore, boto3 or `aws_client`; the last has what a scorer asks for, and lists nothing.
    bucket : the model store's bucket.
    name : the model's name.
    signer : signs what is published, where signing is on.
    memory : the bytes of memory that its reader has; None: an operator's computer, where no bound is needed.
    """

    def __init__(
        self, s3: Any, bucket: str, name: str, signer: Signer | None = None, *, memory: int | None = None
    ) -> None:
        self._s3, self.bucket, self.name, self._signer, self._memory = s3, bucket, name, signer, memory

    def within(self, seconds: float) -> ModelStore:
        """The same store, of which all reads end within `seconds` from now. Needs a client of `aws_client`."""
        return ModelStore(self._s3.within(seconds), self.bucket, self.name, self._signer, memory=self._memory)

    @property
    def connected(self) -> bool:
        """Whether a read begins without opening a connection. Needs a client of `aws_client`."""
        connected: bool = self._s3.has_idle(Bucket=self.bucket)
        return connected

    def begin_release(self, *, unless: str | None = None) -> PendingRelease:
        """Ask for the release without waiting. Needs a client of `aws_client`, and raises what that raises."""
        condition = {"IfNoneMatch": unless} if unless else {}
        asked = self._s3.begin_get_object(Bucket=self.bucket, Key=self._release_key, **condition)
        return PendingRelease(self, asked)

    def release(self, *, unless: str | None = None) -> StoredRelease | None:
        """The release, or None where its ETag is still `unless`. Raises ReleaseMissing, DocumentInvalid."""
        condition = {"IfNoneMatch": unless} if unless else {}
        return self.read_release(lambda: self._s3.get_object(Bucket=self.bucket, Key=self._release_key, **condition))

    def read_release(self, get: Callable[[], Any]) -> StoredRelease | None:
        """The release that `get` answers with, as `release` gives it."""
        try:
            answer = get()
        except self._s3.exceptions.ClientError as error:
            if answers.code(error) in ("304", "NotModified"):
                return None
            if answers.code(error) in answers.MISSING:
                raise ReleaseMissing(
                    f"expected a release at s3://{self.bucket}/{self._release_key}, found none: "
                    f"publish a model with `millrace model publish`"
                ) from None
            raise
        return StoredRelease(Release.from_bytes(answers.body(answer, MAX_RELEASE_BYTES, "release")), answer["ETag"])

    def artifact(self, pointer: Pointer, *, alongside: bool = False) -> Artifact:
        """The artifact that a release points to, at exactly the S3 versions it names.

        alongside : another model serves meanwhile, which takes more memory.

        Raises ArtifactRefused where the manifest is not the one that was released, where the model file has not the
        size that the manifest says, and where the memory is too small for it: then it is not read.
        """
        manifest = self._released_manifest(pointer)
        key = f"models/{self.name}/{pointer.version}/{manifest.file.name}"
        if manifest.file.size > MAX_MODEL_BYTES:
            raise ArtifactRefused(
                "size", f"{key}: expected at most {MAX_MODEL_BYTES} bytes, got {manifest.file.size} in the manifest"
            )
        memory.check(key, manifest.file.size, self._memory, alongside=alongside)
        model = self._get(key, pointer.model_version_id, manifest.file.size, exact=True)
        return Artifact(manifest, model, self._pinned_signature(pointer))

    def model_size(self, pointer: Pointer) -> int:
        """The bytes of the model that a release points to, as its manifest says. Raises as `artifact` does."""
        return self._released_manifest(pointer).file.size

    def _released_manifest(self, pointer: Pointer) -> Manifest:
        key = f"models/{self.name}/{pointer.version}/{MANIFEST_FILE}"
        limit = min(MAX_DOCUMENT_BYTES, (self._memory or MAX_DOCUMENT_BYTES * 64) // MEMORY_PER_DOCUMENT_BYTE)
        manifest = Manifest.from_bytes(self._get(key, pointer.manifest_version_id, limit))
        expected = (self.name, pointer.version, pointer.manifest_digest)
        found = (manifest.name, manifest.version, manifest.digest())
        if found != expected:
            raise ArtifactRefused("manifest", f"expected name, version and digest {expected}, got {found}")
        return manifest

    def publish(self, artifact: Artifact) -> Pointer:
        """Verify an artifact, store it under its version, and sign it. Raises ArtifactRefused and ArtifactExists."""
        manifest = artifact.manifest
        if manifest.name != self.name:
            raise ArtifactRefused(
                "manifest",
                f"expected the model name {self.name!r}, got {manifest.name!r}: make it again with --name {self.name}",
            )
        isolated.check(artifact)
        key = f"models/{self.name}/{manifest.version}"
        model_version = self._put_new(f"{key}/{manifest.file.name}", artifact.model)
        manifest_version = self._put_new(f"{key}/{MANIFEST_FILE}", manifest.to_bytes())
        return self.sign(Pointer(manifest.version, manifest.digest(), manifest_version, model_version))

    def sign(self, pointer: Pointer) -> Pointer:
        """The pointer with a valid signature, made now unless there is one; unchanged where signing is off.

        What goes into a release passes through here. Raises ArtifactRefused, and what the signer raises.
        """
        if self._signer is None:
            return pointer
        folder = f"models/{self.name}/{pointer.version}"
        raw = self._get(f"{folder}/{MANIFEST_FILE}", pointer.manifest_version_id, MAX_DOCUMENT_BYTES)
        key, message = f"{folder}/{SIGNATURE_FILE}", Manifest.from_bytes(raw).to_bytes()
        present, version = self._signature(key)
        signature = self._signer.signature(message, present)
        if signature != present:
            version = answers.version_id(self._s3.put_object(Bucket=self.bucket, Key=key, Body=signature), self.bucket)
        return pointer.__replace__(signature_version_id=version)

    def _pinned_signature(self, pointer: Pointer) -> bytes | None:
        """The signature that a release pins. None where it is gone: whether one is needed is not decided here."""
        if pointer.signature_version_id is None:
            return None
        key = f"models/{self.name}/{pointer.version}/{SIGNATURE_FILE}"
        try:
            return self._get(key, pointer.signature_version_id, MAX_SIGNATURE_BYTES)
        except ArtifactRefused:
            return None

    def _signature(self, key: str) -> tuple[bytes | None, str]:
        """The current signature under a key, and its S3 version; None where there is none."""
        try:
            answer = self._s3.get_object(Bucket=self.bucket, Key=key)
        except self._s3.exceptions.ClientError as error:
            if answers.code(error) in answers.MISSING:
                return None, ""
            raise
        return answers.body(answer, MAX_SIGNATURE_BYTES, key), answers.version_id(answer, self.bucket)

    def versions(self) -> list[str]:
        """The versions in the store, by name; one whose manifest is not there yet is left out by `manifest`."""
        prefix = f"models/{self.name}/"
        pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix, Delimiter="/")
        folders = [folder["Prefix"] for page in pages for folder in page.get("CommonPrefixes", [])]
        return sorted(folder.removeprefix(prefix).rstrip("/") for folder in folders)

    def manifest(self, version: str) -> tuple[Manifest, str]:
        """The current manifest of a version, and its S3 version. Raises VersionMissing, DocumentInvalid."""
        key = f"models/{self.name}/{version}/{MANIFEST_FILE}"
        try:
            answer = self._s3.get_object(Bucket=self.bucket, Key=key)
        except self._s3.exceptions.ClientError as error:
            raise self._missing(version) if answers.code(error) in answers.MISSING else error from None
        manifest = Manifest.from_bytes(answers.body(answer, MAX_DOCUMENT_BYTES, key))
        return manifest, answers.version_id(answer, self.bucket)

    def pointer(self, version: str) -> Pointer:
        """A pointer to the current objects of a version; not verified. Raises VersionMissing, DocumentInvalid."""
        manifest, manifest_version = self.manifest(version)
        try:
            model = self._s3.head_object(Bucket=self.bucket, Key=f"models/{self.name}/{version}/{manifest.file.name}")
        except self._s3.exceptions.ClientError as error:
            raise self._missing(version) if answers.code(error) in answers.MISSING else error from None
        return Pointer(version, manifest.digest(), manifest_version, answers.version_id(model, self.bucket))

    def signed_pointer(self, version: str) -> Pointer:
        """As `pointer`, with the signature that the version has, if it has one: who loads it, verifies that."""
        pointer = self.pointer(version)
        _, signature_version = self._signature(f"models/{self.name}/{version}/{SIGNATURE_FILE}")
        return pointer.__replace__(signature_version_id=signature_version or None)

    def put_release(self, release: Release, *, replacing: StoredRelease | None) -> None:
        """Write the release, if the stored one is still `replacing` (None: there is none). Raises ReleaseConflict.

        Of two writers at once S3 answers one that the condition does not hold (412), that another write is under way
        (409), or that what it replaces was deleted (404). The client may also have lost the answer to a write that
        succeeded, and made it again: then what is stored is what was to be written, and all is well.
        """
        condition = {"IfMatch": replacing.etag} if replacing else {"IfNoneMatch": "*"}
        body = release.to_bytes()
        try:
            self._s3.put_object(Bucket=self.bucket, Key=self._release_key, Body=body, **condition)
        except self._s3.exceptions.ClientError as error:
            if answers.code(error) not in (*answers.CHANGED, *answers.UNDER_WAY, *answers.MISSING):
                raise
            if self._current(self._release_key) == body:
                return
            raise ReleaseConflict(
                f"the release of {self.name!r} was changed by another operator: read it again, then decide again"
            ) from None

    def former_releases(self) -> Iterator[FormerRelease]:
        """Every S3 version of the release that is kept, the newest first."""
        pages = self._s3.get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=self._release_key)
        for page in pages:
            kept = [(entry, True) for entry in page.get("Versions", [])]
            deleted = [(entry, False) for entry in page.get("DeleteMarkers", [])]
            # S3 lists both newest first, each by itself.
            for entry, there in sorted(kept + deleted, key=lambda pair: pair[0]["LastModified"], reverse=True):
                if entry["Key"] == self._release_key:
                    release = self._former(entry["VersionId"]) if there else None
                    yield FormerRelease(entry["VersionId"], entry["LastModified"].timestamp(), release)

    def _former(self, version_id: str) -> Release | None:
        try:
            return Release.from_bytes(self._get(self._release_key, version_id, MAX_RELEASE_BYTES))
        except (DocumentInvalid, ArtifactRefused):
            return None

    @property
    def _release_key(self) -> str:
        return f"models/{self.name}/release.json"

    def _get(self, key: str, version_id: str, limit: int, *, exact: bool = False) -> bytes:
        try:
            answer = self._s3.get_object(Bucket=self.bucket, Key=key, VersionId=version_id)
        except self._s3.exceptions.ClientError as error:
            if answers.code(error) in (*answers.MISSING, *answers.NO_VERSION):
                raise ArtifactRefused("existence", f"expected s3://{self.bucket}/{key}, version {version_id}") from None
            raise
        return answers.body(answer, limit, key, exact=exact)

    def _put_new(self, key: str, body: bytes) -> str:
        """Store an object that must not exist yet; the same bytes again are fine. Returns its S3 version."""
        for _ in range(CONFLICT_ATTEMPTS):
            try:
                return answers.version_id(
                    self._s3.put_object(Bucket=self.bucket, Key=key, Body=body, IfNoneMatch="*"), self.bucket
                )
            except self._s3.exceptions.ClientError as error:
                if answers.code(error) in answers.CHANGED:
                    return self._same(key, body)
                if answers.code(error) not in answers.UNDER_WAY:
                    raise
        raise ModelStoreError(f"another operator is writing s3://{self.bucket}/{key} at this moment: publish again")

    def _same(self, key: str, body: bytes) -> str:
        """The S3 version of an object that holds just these bytes already. Raises ArtifactExists."""
        answer = self._s3.get_object(Bucket=self.bucket, Key=key)
        if answer["ContentLength"] != len(body) or answer["Body"].read() != body:
            raise ArtifactExists(f"s3://{self.bucket}/{key} exists with other content: publish under a new version")
        return answers.version_id(answer, self.bucket)

    def _current(self, key: str) -> bytes | None:
        try:
            body: bytes = self._s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except self._s3.exceptions.ClientError:
            return None
        return body

    def _missing(self, version: str) -> VersionMissing:
        return VersionMissing(
            f"expected version {version!r} of {self.name!r} in the model store, found none: "
            "`millrace model list` shows those there are"
        )
