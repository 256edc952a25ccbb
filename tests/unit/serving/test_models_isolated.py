"""A new release is verified in a process of its own while a former one serves."""

from copy import replace

import pytest

from model_store.errors import ArtifactRefused
from serving.loader import Loader
from serving.models import Models
from tests.fakes import artifacts

POLL = 30


class Check:
    """Stands in for the child process: remembers what it was given, and refuses what a test says."""

    def __init__(self):
        self.seen, self.kills = [], set()

    def __call__(self, artifact, *, timeout=None):
        version = artifact.manifest.version
        self.seen.append(version)
        if version in self.kills:
            raise ArtifactRefused("load", "the process that loads was ended by signal 11 (Segmentation fault)")


@pytest.fixture
def check():
    return Check()


@pytest.fixture
def models(store, clock, check):
    return Models(store, threads=1, poll_seconds=POLL, clock=clock, check=check)


def champion(models):
    """The version that serves after a batch."""
    deadline = models._clock.deadline(60.0)
    models.serving(deadline)
    models.refresh(deadline)
    return models.serving(deadline).variants["champion"].version


def test_at_a_cold_start_no_child_is_started(models, check):
    assert champion(models) == "1"
    assert check.seen == []


def test_a_new_release_goes_through_the_child_first(models, store, clock, check, newer):
    champion(models)
    store.release_as(champion=newer)
    clock.now += POLL
    assert champion(models) == "2"
    assert check.seen == ["2"]


def test_a_file_that_kills_the_child_leaves_the_container_serving_and_is_never_loaded(
    models, store, clock, check, newer, monkeypatch, caplog
):
    champion(models)
    check.kills.add("2")
    store.release_as(champion=newer)
    monkeypatch.setattr("serving.loader.verify", lambda *_, **__: pytest.fail("loaded in the serving process"))
    clock.now += POLL
    assert champion(models) == "1"
    assert "ended by signal 11" in caplog.text


def test_every_variant_goes_through_the_child(models, store, clock, check, newer):
    champion(models)
    third = artifacts.artifact(version="3", seed=3)
    check.kills.add("3")
    store.release_as(champion=newer, challenger=third, share=0.5)
    clock.now += POLL
    assert champion(models) == "1"
    assert check.seen == ["2", "3"]


def test_no_child_is_started_for_what_is_damaged_or_not_signed_as_it_should_be(models, store, clock, check, newer):
    champion(models)
    store.release_as(champion=replace(newer, model=newer.model[:-1]))
    clock.now += POLL
    assert champion(models) == "1"
    assert check.seen == []

    def unsigned(artifact):
        raise ArtifactRefused("signature", "expected one by a trusted key, found none")

    store.release_as(champion=newer)
    loader = Loader(store, threads=1, signature=unsigned, check=check)
    with pytest.raises(ArtifactRefused, match="signature"):
        loader.load("champion", store.stored.release.champion, isolated=True, seconds=60.0)
    assert check.seen == []
