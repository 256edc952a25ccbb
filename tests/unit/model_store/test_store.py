from dataclasses import replace

import pytest
from botocore.exceptions import ClientError

from model_store import store as module
from model_store.artifact import Artifact
from model_store.errors import (
    ArtifactExists,
    ArtifactRefused,
    DocumentInvalid,
    ModelStoreError,
    ReleaseConflict,
    ReleaseMissing,
)
from model_store.release import Release
from model_store.store import ModelStore
from tests.fakes import artifacts
from tests.fakes.s3 import client_error
from tests.fakes.store import pointer as pointer_to

NOW = "2026-01-02T03:04:05.000Z"


@pytest.fixture
def s3(aws):
    s3 = aws("s3")
    s3.create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_bucket_versioning(Bucket="models", VersioningConfiguration={"Status": "Enabled"})
    return s3


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
    with pytest.raises(ArtifactRefused, match="expected the model name 'sessions', got 'others'"):
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


def test_objects_beyond_their_cap_are_refused_unread(store, artifact, monkeypatch):
    pointer = store.publish(artifact)
    monkeypatch.setattr(module, "MAX_MODEL_BYTES", 100)
    with pytest.raises(ArtifactRefused, match=r"size check: models/sessions/1/model\.ubj: expected at most 100 bytes"):
        store.artifact(pointer)


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
