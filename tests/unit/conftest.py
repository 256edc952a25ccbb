"""What the unit tests share: recorded envelopes, small models, and AWS in memory."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from moto import mock_aws

import native
from model_store.artifact import Artifact
from scoring.engine import ENGINES, NATIVE
from tests.fakes import artifacts
from tests.fakes.clock import FakeClock
from tests.fakes.scorer import FakeScorer
from tests.fakes.store import FakeModelStore

EVENTS = Path(__file__).parent.parent / "events"


@pytest.fixture(scope="session")
def artifact() -> Artifact:
    """The binary model `sessions`, version 1."""
    return artifacts.artifact()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def recorded() -> Callable[[str], dict[str, Any]]:
    """Reads a recorded envelope by its name in tests/events."""
    return lambda name: json.loads((EVENTS / f"{name}.json").read_text())  # type: ignore[no-any-return]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """AWS in memory; makes the client of a service."""
    for name in ("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "eu-central-1",
        "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent",
    }.items():
        monkeypatch.setenv(name, value)
    with mock_aws():
        yield botocore.session.get_session().create_client


@pytest.fixture
def s3(aws: Callable[[str], Any]) -> Any:
    """S3 in memory, with the versioned bucket `models`."""
    s3 = aws("s3")
    s3.create_bucket(Bucket="models", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    s3.put_bucket_versioning(Bucket="models", VersioningConfiguration={"Status": "Enabled"})
    return s3


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
