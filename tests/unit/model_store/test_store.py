from copy import replace

import pytest
from botocore.exceptions import ClientError

from model_store.artifact import Artifact
from model_store.errors import (
    ArtifactExists,
    ArtifactRefused,
    DocumentInvalid,
    ModelStoreError,
    ReleaseConflict,
    ReleaseMissing,
    VersionMissing,
)
from model_store.release import Release
from model_store.store import ModelStore
from tests.fakes import artifacts
from tests.fakes.s3 import client_error
from tests.fakes.store import pointer as pointer_to

NOW = "2026-01-02T03:04:05.000Z"


@pytest.fixture
def store(s3):
    return ModelStore(s3, "models", "sessions")


def keys(s3):
    return [entry["Key"] for entry in s3.list_objects_v2(Bucket="models").get("Contents", [])]


def test_a_published_artifact_comes_back_whole(store, s3, artifact):
    pointer = store.publish(artifact)
    assert store.artifact(pointer) == artifact
    assert (pointer.version, pointer.manifest_digest) == ("1", artifact.manifest.digest())
    assert keys(s3) == ["models/sessions/1/manifest.json", "models/sessions/1/model.ubj"]


def test_publishing_the_same_artifact_again_changes_nothing(store, artifact):
    assert store.publish(artifact) == store.publish(artifact)


def test_a_version_is_immutable(store, artifact):
    pointer = store.publish(artifact)
    with pytest.raises(ArtifactExists, match=r"models/sessions/1/model\.ubj .* under a new version"):
        store.publish(artifacts.artifact(seed=2))
    with pytest.raises(ArtifactExists, match=r"models/sessions/1/manifest\.json"):
        store.publish(replace(artifact, manifest=replace(artifact.manifest, metrics={"auc": 0.5})))
    assert store.artifact(pointer) == artifact


def test_what_does_not_verify_is_not_stored(store, s3, artifact):
    with pytest.raises(ArtifactRefused, match="size"):
        store.publish(Artifact(artifact.manifest, b"junk"))
    with pytest.raises(
        ArtifactRefused, match="expected the model name 'sessions', got 'others': make it again with --name sessions"
    ):
        store.publish(artifacts.artifact(name="others"))
    assert keys(s3) == []


def test_an_artifact_is_read_at_the_s3_versions_that_the_release_names(store, s3, artifact):
    pointer = store.publish(artifact)
    for name in ("manifest.json", "model.ubj"):
        s3.put_object(Bucket="models", Key=f"models/sessions/1/{name}", Body=b"overwritten")
    assert store.artifact(pointer) == artifact


def test_other_s3_versions_are_refused(store, s3, artifact):
    pointer = store.publish(artifact)
    other = s3.put_object(Bucket="models", Key="models/sessions/1/manifest.json", Body=b"overwritten")
    with pytest.raises(DocumentInvalid, match="manifest"):
        store.artifact(replace(pointer, manifest_version_id=other["VersionId"]))
    with pytest.raises(ArtifactRefused, match="existence"):
        store.artifact(replace(pointer, version="2"))
    with pytest.raises((ArtifactRefused, ClientError)):
        store.artifact(replace(pointer, model_version_id="none"))


def test_a_manifest_other_than_the_released_one_is_refused(store, artifact):
    pointer = store.publish(artifact)
    with pytest.raises(ArtifactRefused, match="manifest check: expected name, version and digest"):
        store.artifact(replace(pointer, manifest_digest="0" * 64))


def test_a_bucket_without_versions_is_refused(aws, artifact):
    s3 = aws("s3")
    s3.create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    with pytest.raises(ModelStoreError, match="expected a versioned bucket"):
        ModelStore(s3, "models", "sessions").publish(artifact)


def test_without_a_release_the_error_says_what_to_do(store):
    with pytest.raises(ReleaseMissing, match="millrace model publish"):
        store.release()


def test_a_release_comes_back_with_its_etag(store, artifact):
    release = Release(store.publish(artifact), NOW)
    store.put_release(release, replacing=None)
    stored = store.release()
    assert stored.release == release
    assert store.release(unless=stored.etag) is None
    assert store.release(unless='"other"') == stored


def test_a_damaged_release_is_refused(store, s3):
    s3.put_object(Bucket="models", Key="models/sessions/release.json", Body=b"{")
    with pytest.raises(DocumentInvalid, match="release"):
        store.release()


def test_a_first_release_does_not_replace_another(store, artifact):
    release = Release(store.publish(artifact), NOW)
    store.put_release(release, replacing=None)
    with pytest.raises(ReleaseConflict, match="read it again"):
        store.put_release(replace(release, updated_at="later"), replacing=None)
    assert store.release().release == release


def test_of_two_that_change_a_release_the_second_hears_of_a_conflict(store, artifact):
    release = Release(store.publish(artifact), NOW)
    store.put_release(release, replacing=None)
    seen = store.release()
    store.put_release(replace(release, updated_at="first"), replacing=seen)
    with pytest.raises(ReleaseConflict, match="sessions"):
        store.put_release(replace(release, updated_at="second"), replacing=seen)
    assert store.release().release.updated_at == "first"


def test_two_models_share_a_bucket(store, s3, artifact):
    others = ModelStore(s3, "models", "others")
    store.put_release(Release(store.publish(artifact), NOW), replacing=None)
    with pytest.raises(ReleaseMissing, match="models/others/release"):
        others.release()


def released(store, artifact, *notes):
    """Releases one after the other, told apart by `updated_at`."""
    pointer = store.publish(artifact)
    for note in notes:
        try:
            replacing = store.release()
        except (ReleaseMissing, DocumentInvalid):
            replacing = None
        store.put_release(Release(pointer, note), replacing=replacing)


def test_former_releases_come_newest_first(store, artifact):
    notes = [f"{i}" for i in range(12)]  # S3 lists times by the second
    released(store, artifact, *notes)
    former = list(store.former_releases())
    assert [entry.release.updated_at for entry in former] == notes[::-1]
    assert len({entry.version_id for entry in former}) == 12


def test_what_somebody_else_did_to_the_release_is_in_the_history_too(store, s3, artifact):
    released(store, artifact, "first")
    s3.put_object(Bucket="models", Key="models/sessions/release.json", Body=b"{")
    s3.put_object(Bucket="models", Key="models/sessions/release.json.backup", Body=b"no release")
    assert [entry.release and entry.release.updated_at for entry in store.former_releases()] == [None, "first"]


def test_the_store_lists_its_versions_and_points_to_each(store, artifact):
    assert store.versions() == []
    first, second = store.publish(artifact), store.publish(artifacts.artifact(version="2", seed=2))
    released(store, artifact, "first")
    assert store.versions() == ["1", "2"]
    assert [store.pointer(version) for version in store.versions()] == [first, second]
    assert store.model_size(first) == len(artifact.model)


def test_a_version_that_is_not_there_is_missing(store, s3, artifact):
    with pytest.raises(VersionMissing, match="expected version '9' of 'sessions' in the model store, found none"):
        store.pointer("9")
    store.publish(artifact)
    s3.delete_object(Bucket="models", Key="models/sessions/1/model.ubj")
    with pytest.raises(VersionMissing):
        store.pointer("1")


def test_a_deleted_release_is_a_conflict_for_whoever_would_change_it(store, s3, artifact):
    released(store, artifact, "first")
    seen = store.release()
    s3.delete_object(Bucket="models", Key="models/sessions/release.json")
    with pytest.raises(ReleaseConflict):
        store.put_release(replace(seen.release, updated_at="second"), replacing=seen)


def test_a_release_that_is_no_release_by_its_size_is_refused_unread(store, s3):
    s3.put_object(Bucket="models", Key="models/sessions/release.json", Body=b" " * (64 * 1024 + 1))
    with pytest.raises(ArtifactRefused, match="size check: release: expected at most 65536 bytes"):
        store.release()


class LosesAnswers:
    """S3 whose answers to writes get lost once: the client makes the call again, as botocore does."""

    def __init__(self, s3):
        self.s3 = s3

    def __getattr__(self, name):
        return getattr(self.s3, name)

    def put_object(self, **arguments):
        self.s3.put_object(**arguments)
        return self.s3.put_object(**arguments)


def test_a_write_whose_answer_was_lost_is_no_conflict(s3, artifact):
    store = ModelStore(LosesAnswers(s3), "models", "sessions")
    released(store, artifact, "first", "second")
    assert store.release().release.updated_at == "second"


class Busy:
    """S3 that calls off the first writes, because of others under way."""

    def __init__(self, s3, times):
        self.s3, self.times, self.calls = s3, times, 0

    def __getattr__(self, name):
        return getattr(self.s3, name)

    def put_object(self, **arguments):
        self.calls += 1
        if self.calls <= self.times:
            raise client_error("ConditionalRequestConflict", 409)
        return self.s3.put_object(**arguments)


def test_an_artifact_whose_write_was_called_off_is_written_again(s3, artifact):
    store = ModelStore(Busy(s3, times=2), "models", "sessions")
    assert store.artifact(store.publish(artifact)) == artifact


def test_an_artifact_that_cannot_be_written_for_others_says_so(s3, artifact):
    with pytest.raises(ModelStoreError, match="another operator is writing"):
        ModelStore(Busy(s3, times=99), "models", "sessions").publish(artifact)


class Failing:
    """A client whose every call fails with one error."""

    class exceptions:  # noqa: N801 - as botocore spells it
        ClientError = ClientError

    def __init__(self, error):
        self.error = error

    def get_object(self, **_):
        raise self.error

    put_object = get_object


@pytest.mark.parametrize("code", ["409", "ConditionalRequestConflict", "412", "PreconditionFailed"])
def test_every_way_in_which_s3_tells_of_a_conflict_is_one(artifact, code):
    store = ModelStore(Failing(client_error(code, 409)), "models", "sessions")
    with pytest.raises(ReleaseConflict):
        store.put_release(Release(pointer_to(artifact), NOW), replacing=None)


def test_what_is_no_answer_about_the_object_is_passed_on(artifact):
    error = client_error("AccessDenied", 403)
    store = ModelStore(Failing(error), "models", "sessions")
    for call in (
        store.release,
        lambda: store.artifact(pointer_to(artifact)),
        lambda: store.publish(artifact),
        lambda: store.put_release(Release(pointer_to(artifact), NOW), replacing=None),
    ):
        with pytest.raises(ClientError):
            call()
