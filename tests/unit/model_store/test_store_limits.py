"""Objects that are larger than they may be: refused before they are read."""

from copy import replace

import pytest

from model_store import memory
from model_store import store as module
from model_store.errors import ArtifactRefused, DocumentInvalid
from model_store.release import Release
from model_store.store import ModelStore

MB = 1024 * 1024


class Measured:
    """An S3 client that notes how much of each body was read, and whether one that was left was closed."""

    def __init__(self, s3):
        self._s3, self.exceptions, self.read, self.closed = s3, s3.exceptions, {}, set()

    def __getattr__(self, name):
        return getattr(self._s3, name)

    def get_object(self, **call):
        answer = self._s3.get_object(**call)
        return answer | {"Body": Body(self, call["Key"].rpartition("/")[2], answer["Body"])}


class Body:
    def __init__(self, measured, name, body):
        self._measured, self._name, self._body = measured, name, body

    def read(self, most=None):
        raw = self._body.read(most)
        self._measured.read[self._name] = len(raw)
        return raw

    def close(self):
        self._measured.closed.add(self._name)
        self._body.close()


@pytest.fixture
def measured(s3):
    return Measured(s3)


@pytest.fixture
def store(measured):
    return ModelStore(measured, "models", "sessions")


def test_an_object_that_is_larger_than_the_manifest_says_is_not_read(store, measured, s3, artifact):
    pointer, size = store.publish(artifact), len(artifact.model)
    other = s3.put_object(Bucket="models", Key="models/sessions/1/model.ubj", Body=bytes(50 * MB))
    measured.read.clear()
    with pytest.raises(
        ArtifactRefused, match=rf"size check: .*model\.ubj: expected the manifest's {size} bytes, got {50 * MB}"
    ):
        store.artifact(replace(pointer, model_version_id=other["VersionId"]))
    assert measured.read.keys() == {"manifest.json"}
    assert measured.closed == {"model.ubj"}


def test_a_smaller_object_is_refused_too(store, s3, artifact):
    pointer = store.publish(artifact)
    other = s3.put_object(Bucket="models", Key="models/sessions/1/model.ubj", Body=artifact.model[:-1])
    with pytest.raises(ArtifactRefused, match=r"size check"):
        store.artifact(replace(pointer, model_version_id=other["VersionId"]))


def test_a_body_that_is_longer_than_its_announced_length_is_read_to_one_byte_beyond(store, measured, s3, artifact):
    pointer, size = store.publish(artifact), len(artifact.model)
    other = s3.put_object(Bucket="models", Key="models/sessions/1/model.ubj", Body=bytes(5 * MB))
    get = measured.get_object

    def lying(**call):
        answer = get(**call)
        return answer | {"ContentLength": size} if call["Key"].endswith(".ubj") else answer

    measured.get_object = lying
    with pytest.raises(ArtifactRefused, match=rf"expected the {size} bytes that S3 announced, got {size + 1} or more"):
        store.artifact(replace(pointer, model_version_id=other["VersionId"]))
    assert measured.read["model.ubj"] == size + 1


@pytest.mark.parametrize(("alongside", "factor"), [(False, 5), (True, 12)])
def test_a_model_that_the_memory_does_not_suffice_for_is_not_read(measured, artifact, alongside, factor):
    pointer = ModelStore(measured, "models", "sessions").publish(artifact)
    needed = 64 * MB + factor * len(artifact.model)
    assert memory.largest(needed, alongside=alongside) == len(artifact.model)
    assert ModelStore(measured, "models", "sessions", memory=needed).artifact(pointer, alongside=alongside) == artifact
    measured.read.clear()
    with pytest.raises(
        ArtifactRefused, match=r"memory check: .*model\.ubj: \d+ bytes need 64 MB .* raise its memory_mb"
    ):
        ModelStore(measured, "models", "sessions", memory=needed - 1).artifact(pointer, alongside=alongside)
    assert measured.read.keys() == {"manifest.json"}


def test_the_bound_on_memory_stays_with_a_store_that_is_bounded_in_time(measured, artifact):
    pointer = ModelStore(measured, "models", "sessions").publish(artifact)
    measured.within = lambda seconds: measured
    with pytest.raises(ArtifactRefused, match="memory check"):
        ModelStore(measured, "models", "sessions", memory=MB * 32).within(5.0).artifact(pointer)


def test_a_manifest_has_a_cap_that_follows_the_memory(measured, s3, artifact):
    store = ModelStore(measured, "models", "sessions", memory=256 * MB)
    pointer = ModelStore(measured, "models", "sessions").publish(artifact)
    key = "models/sessions/1/manifest.json"
    other = s3.put_object(Bucket="models", Key=key, Body=bytes(4 * MB + 1))["VersionId"]
    measured.read.clear()
    with pytest.raises(ArtifactRefused, match=rf"size check: {key}: expected at most {4 * MB} bytes"):
        store.artifact(replace(pointer, manifest_version_id=other))
    assert measured.read == {}
    with pytest.raises(DocumentInvalid):  # an operator reads it, and finds what is wrong
        ModelStore(measured, "models", "sessions").artifact(replace(pointer, manifest_version_id=other))


def test_a_release_has_a_cap_of_its_own(store, measured, s3, artifact):
    store.put_release(Release(store.publish(artifact), "2026-01-02T03:04:05.000Z"), replacing=None)
    s3.put_object(Bucket="models", Key="models/sessions/release.json", Body=bytes(500_000))
    measured.read.clear()
    with pytest.raises(ArtifactRefused, match=rf"expected at most {module.MAX_RELEASE_BYTES} bytes, got 500000"):
        store.release()
    assert measured.read == {}


def test_a_manifest_that_names_more_than_any_function_can_load_is_refused(store, measured, artifact, monkeypatch):
    pointer = store.publish(artifact)
    monkeypatch.setattr(module, "MAX_MODEL_BYTES", 100)
    measured.read.clear()
    with pytest.raises(ArtifactRefused, match=r"size check: models/sessions/1/model\.ubj: expected at most 100 bytes"):
        store.artifact(pointer)
    assert measured.read.keys() == {"manifest.json"}
