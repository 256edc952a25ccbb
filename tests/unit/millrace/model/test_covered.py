"""A stack takes only what its scorer can score, with the libraries in its package and the memory of its functions."""

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

import native
from millrace.model.covered import CoveredOnly
from millrace.stack import Stack
from model_store import memory
from model_store.artifact import Artifact
from model_store.errors import ArtifactRefused
from tests.fakes import artifacts, image_models, onnx_models
from tests.fakes.stack import outputs

Made = Callable[..., Artifact]

pytestmark = pytest.mark.skipif(native.NATIVE is None, reason=f"needs the native engine: {native.MISSING}")


@pytest.fixture
def store(s3: Any) -> CoveredOnly:
    return CoveredOnly(s3, "models", artifacts.artifact().manifest.name, xgboost=False, onnx=False, images=False)


def test_what_the_engine_covers_is_published(store: CoveredOnly) -> None:
    artifact = artifacts.artifact("binary")

    assert store.artifact(store.publish(artifact)).model == artifact.model


def test_what_it_does_not_cover_is_refused_before_anything_is_stored(store: CoveredOnly, s3: Any) -> None:
    with pytest.raises(
        ArtifactRefused, match=r"the scorer of this stack has no libxgboost .*: the native engine reads"
    ):
        store.publish(artifacts.artifact("categorical", file="model.json"))

    assert "Contents" not in s3.list_objects_v2(Bucket="models")


def test_an_onnx_model_is_refused_where_its_runtime_is_not_there(store: CoveredOnly, s3: Any) -> None:
    with pytest.raises(ArtifactRefused, match=r"expected a stack whose scorer has ONNX Runtime: set `onnx = true`"):
        store.publish(onnx_models.artifact())

    assert "Contents" not in s3.list_objects_v2(Bucket="models")


@pytest.mark.parametrize("small", ["scorer", "http"])
def test_a_model_that_a_function_has_not_the_memory_for_is_refused(
    small: str, s3: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the least memory of all functions that load it, before anything is stored; and later, as the scorer does."""
    artifact = artifacts.artifact()
    monkeypatch.setattr(memory, "BASE", 256 * memory.MIB - memory.PER_BYTE * len(artifact.model) + 1)
    named = {"model_store": {"bucket": "models"}, "model": {"name": artifact.manifest.name}}
    large = outputs() | named | {"scorer": {"memory_mb": 1024}, "http": {"memory_mb": 1024}}
    stack, roomy = (Stack("dev", {}, one) for one in (large | {small: {"memory_mb": 256}}, large))

    with pytest.raises(
        ArtifactRefused, match=r"memory check: model\.ubj: \d+ bytes need 256 MB .* raise its memory_mb"
    ):
        stack.model_store().publish(artifact)
    assert "Contents" not in s3.list_objects_v2(Bucket="models")

    pointer = roomy.model_store().publish(artifact)
    with pytest.raises(ArtifactRefused, match="memory check"):
        stack.model_store().artifact(pointer)


IMAGES = image_models.artifact
ONNX, JSON_TREES = onnx_models.artifact, partial(artifacts.artifact, "categorical", file="model.json")


@pytest.mark.parametrize(
    ("scorer", "taken", "refused"),
    [
        ({"xgboost": False}, (), (ONNX, JSON_TREES)),
        ({"xgboost": True, "onnx": False}, (JSON_TREES,), (ONNX,)),
        ({"xgboost": False, "onnx": True}, (ONNX,), (JSON_TREES, IMAGES)),
        ({"xgboost": False, "onnx": True, "images": True}, (ONNX, IMAGES), (JSON_TREES,)),
        ({}, (JSON_TREES,), (ONNX,)),
    ],
)
def test_the_stacks_outputs_say_which_libraries_are_there(
    scorer: dict[str, Any], taken: tuple[Made, ...], refused: tuple[Made, ...], s3: Any
) -> None:
    """A stack that was deployed before there was a choice has XGBoost."""
    bucket = {"model_store": {"bucket": "models"}, "model": {"name": artifacts.artifact().manifest.name}}
    store = Stack("dev", {}, outputs() | bucket | {"scorer": scorer}).model_store()
    for number, made in enumerate(taken):
        store.publish(made(version=f"taken-{number}"))
    for made in refused:
        with pytest.raises(ArtifactRefused, match=r"expected a (model that the native engine covers|stack whose)"):
            store.publish(made())
