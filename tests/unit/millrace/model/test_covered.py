"""A stack without libxgboost takes only what its scorer can score."""

from typing import Any

import pytest

import native
from millrace.model.covered import CoveredOnly
from millrace.stack import Stack
from model_store.errors import ArtifactRefused
from model_store.store import ModelStore
from tests.fakes import artifacts
from tests.fakes.stack import outputs

pytestmark = pytest.mark.skipif(native.NATIVE is None, reason=f"needs the native engine: {native.MISSING}")


@pytest.fixture
def store(s3: Any) -> CoveredOnly:
    return CoveredOnly(s3, "models", artifacts.artifact().manifest.name)


def test_what_the_engine_covers_is_published(store: CoveredOnly) -> None:
    artifact = artifacts.artifact("binary")

    assert store.artifact(store.publish(artifact)).model == artifact.model


def test_what_it_does_not_cover_is_refused_before_anything_is_stored(store: CoveredOnly, s3: Any) -> None:
    with pytest.raises(
        ArtifactRefused, match=r"the scorer of this stack has no libxgboost .*: the native engine reads"
    ):
        store.publish(artifacts.artifact("categorical", file="model.json"))

    assert "Contents" not in s3.list_objects_v2(Bucket="models")


@pytest.mark.parametrize(
    ("scorer", "kind"), [({"xgboost": False}, CoveredOnly), ({"xgboost": True}, ModelStore), ({}, ModelStore)]
)
@pytest.mark.usefixtures("aws")
def test_the_stacks_outputs_say_whether_xgboost_is_there(scorer: dict[str, Any], kind: type) -> None:
    """A stack that was deployed before there was a choice has it."""
    assert type(Stack("dev", {}, outputs() | {"scorer": scorer}).model_store()) is kind
