from copy import replace

import pytest

from millrace.model.publish import publish
from model_store.errors import ArtifactExists, ArtifactRefused, ReleaseConflict
from model_store.store import ModelStore
from tests.fakes import artifacts


@pytest.fixture
def store(s3):
    return ModelStore(s3, "models", "sessions")


def test_the_first_artifact_becomes_champion(store, artifact):
    release = publish(store, artifact)
    assert (release.champion.version, release.previous, release.challenger) == ("1", None, None)
    assert store.release().release == release
    assert store.artifact(release.champion) == artifact


def test_the_champion_before_becomes_previous(store, artifact):
    first = publish(store, artifact)
    second = publish(store, artifacts.artifact(version="2", seed=2))
    assert (second.champion.version, second.previous) == ("2", first.champion)


def test_publishing_the_champion_again_changes_nothing(store, artifact):
    publish(store, artifact)
    before = store.release()
    assert publish(store, artifact) == before.release
    assert store.release() == before


def test_a_challenger_keeps_its_share(store, artifact):
    publish(store, artifact)
    stored = store.release()
    challenger = store.publish(artifacts.artifact(version="c", seed=3))
    store.put_release(replace(stored.release, challenger=challenger, share=0.2), replacing=stored)
    release = publish(store, artifacts.artifact(version="2", seed=2))
    assert (release.challenger, release.share) == (challenger, 0.2)


def test_another_model_under_a_taken_version_changes_no_release(store, artifact):
    before = publish(store, artifact)
    with pytest.raises(ArtifactExists):
        publish(store, artifacts.artifact(seed=2))
    assert store.release().release == before


def test_a_release_that_somebody_changed_in_between_is_a_conflict(store, artifact, monkeypatch):
    publish(store, artifact)
    stale = store.release()
    publish(store, artifacts.artifact(version="2", seed=2))
    monkeypatch.setattr(store, "release", lambda: stale)
    with pytest.raises(ReleaseConflict):
        publish(store, artifacts.artifact(version="3", seed=3))


def test_a_damaged_baseline_is_not_published(store):
    damaged = artifacts.artifact(baseline={"rows": 3, "features": {}, "scores": []})
    with pytest.raises(ArtifactRefused, match=r"baseline check: manifest\.baseline\.features\.\w+: expected an object"):
        publish(store, damaged)
    assert store.versions() == []
