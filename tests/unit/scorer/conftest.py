"""A model store of which the scorer reads, and a version to put into it."""

import pytest

import native
from model_store.artifact import Artifact
from scorer.engine import ENGINES, NATIVE
from tests.fakes import artifacts
from tests.fakes.scorer import FakeScorer
from tests.fakes.store import FakeModelStore


@pytest.fixture(scope="session")
def newer() -> Artifact:
    return artifacts.artifact(version="2", seed=2)


@pytest.fixture
def store(artifact: Artifact) -> FakeModelStore:
    return FakeModelStore(artifact)


@pytest.fixture(params=ENGINES)
def each_engine(request, monkeypatch):
    """The test runs once with each engine behind every FakeScorer."""
    if request.param == NATIVE and native.NATIVE is None:
        pytest.skip(f"the native engine was not built: {native.MISSING}")
    monkeypatch.setattr(FakeScorer, "default_engine", request.param)
    return request.param
