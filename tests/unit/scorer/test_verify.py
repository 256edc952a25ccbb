"""The entry point that verifies a version before it serves, with the checks of a container that serves another one."""

from typing import Any

import pytest

from model_store.errors import ArtifactRefused, VersionMissing
from model_store.store import ModelStore
from records.settings import ConfigInvalid
from scorer.verify import Verification, build
from serving.loader import Loader
from tests.fakes import artifacts

ENVIRONMENT = {"MODEL_BUCKET": "models", "MODEL_NAME": "sessions", "AWS_REGION": "eu-central-1"}


class UnboundedStore(ModelStore):
    """Reads by botocore, which has no bound of time."""

    def within(self, seconds: float) -> "UnboundedStore":
        return self


@pytest.fixture
def verification(s3: Any) -> Verification:
    store = UnboundedStore(s3, "models", "sessions")
    store.publish(artifacts.artifact(version="2"))
    return Verification(store, Loader(store, threads=1))


def test_a_good_version_is_pinned(verification: Verification) -> None:
    found = verification.run("2", 60.0)
    assert found["pointer"]["version"] == "2"
    assert found["pointer"]["manifest_digest"] == artifacts.artifact(version="2").manifest.digest()


def test_a_corrupt_version_is_refused(verification: Verification, s3: Any) -> None:
    key = "models/sessions/2/model.ubj"
    body = s3.get_object(Bucket="models", Key=key)["Body"].read()
    s3.put_object(Bucket="models", Key=key, Body=body[:-1] + bytes([body[-1] ^ 1]))
    with pytest.raises(ArtifactRefused, match="SHA-256"):
        verification.run("2", 60.0)


def test_a_version_that_is_not_there_is_refused(verification: Verification) -> None:
    with pytest.raises(VersionMissing):
        verification.run("3", 60.0)


@pytest.mark.parametrize("missing", ["MODEL_BUCKET", "MODEL_NAME"])
def test_a_missing_variable_is_named(missing: str) -> None:
    with pytest.raises(ConfigInvalid, match=missing):
        build(ENVIRONMENT | {missing: ""})
