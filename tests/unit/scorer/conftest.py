"""A model store of which the scorer reads, and a version to put into it."""

import pytest

from model_store.artifact import Artifact
from tests.fakes import artifacts
from tests.fakes.store import FakeModelStore


@pytest.fixture(scope="session")
def newer() -> Artifact:
    return artifacts.artifact(version="2", seed=2)


@pytest.fixture
def store(artifact: Artifact) -> FakeModelStore:
    return FakeModelStore(artifact)
