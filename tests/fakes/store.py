"""A model store in memory."""

from typing import Self

from model_store.artifact import Artifact
from model_store.attribution_setting import AttributionSetting
from model_store.errors import ReleaseMissing
from model_store.release import Pointer, Release
from model_store.stored_release import StoredRelease
from tests.fakes.two_steps import Answered


class FakeModelStore:
    """Holds artifacts by version and one release; `failure`, while set, is what reading the release raises."""

    name = "sessions"

    def __init__(self, *artifacts: Artifact) -> None:
        self.artifacts = {artifact.manifest.version: artifact for artifact in artifacts}
        self.stored: StoredRelease | None = None
        self.failure: Exception | None = None
        self.asked: list[str | None] = []
        self.fetched: list[str] = []
        self._releases = 0
        if artifacts:
            self.release_as(champion=artifacts[0])

    def release_as(
        self,
        *,
        champion: Artifact,
        challenger: Artifact | None = None,
        share: float = 0.0,
        shadow: Artifact | None = None,
        previous: Artifact | None = None,
        attributions: AttributionSetting | None = None,
    ) -> None:
        """Release artifacts, under an ETag that was never used before."""
        artifacts = (champion, challenger, shadow, previous)
        for artifact in filter(None, artifacts):
            self.artifacts[artifact.manifest.version] = artifact
        first, second, third, fourth = (artifact and pointer(artifact) for artifact in artifacts)
        assert first is not None
        release = Release(first, "2026-01-02T03:04:05.000Z", second, share, third, fourth, attributions=attributions)
        self._releases += 1
        self.stored = StoredRelease(release, f'"{self._releases}"')

    def release(self, *, unless: str | None = None) -> StoredRelease | None:
        self.asked.append(unless)
        if self.failure is not None:
            raise self.failure
        if self.stored is None:
            raise ReleaseMissing("expected a release, found none")
        return None if self.stored.etag == unless else self.stored

    connected = True

    def within(self, seconds: float) -> Self:
        """It answers at once."""
        return self

    def begin_release(self, *, unless: str | None = None) -> Answered:
        return Answered(lambda: self.release(unless=unless))

    def artifact(self, pointer: Pointer, *, alongside: bool = False) -> Artifact:
        self.fetched.append(pointer.version)
        return self.artifacts[pointer.version]

    def model_size(self, pointer: Pointer) -> int:
        return len(self.artifacts[pointer.version].model)


def pointer(artifact: Artifact) -> Pointer:
    """A pointer to an artifact, with S3 versions of its own."""
    version = artifact.manifest.version
    return Pointer(version, artifact.manifest.digest(), f"manifest-{version}", f"model-{version}")
