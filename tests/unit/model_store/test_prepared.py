"""Verification of models of texts: preparation bit for bit, and the graph that takes what is prepared."""

from copy import replace
from typing import Any

import pytest
from onnx import TensorProto

from model_store import isolated
from model_store.artifact import Artifact
from model_store.errors import ArtifactRefused
from model_store.golden_row import GoldenRow
from model_store.manifest import ModelFile
from model_store.verify import verify
from tests.fakes import text_models


def changed(**members: Any) -> Artifact:
    artifact = text_models.artifact()
    return Artifact(replace(artifact.manifest, **members), artifact.model)


def with_model(model: bytes) -> Artifact:
    artifact = changed(file=ModelFile.of(model, "model.onnx"))
    return Artifact(artifact.manifest, model)


def test_a_model_of_texts_passes_in_the_child_process() -> None:
    isolated.check(text_models.artifact())


def refusal(artifact: Artifact) -> str:
    with pytest.raises(ArtifactRefused) as caught:
        verify(artifact, compare=True)
    return str(caught.value)


def test_another_preparation_than_the_models_is_refused() -> None:
    """One that gives other rows: here of words that are not lowered."""
    how = replace(text_models.preparation(), lowercase=False)
    expected = "the golden row check: row 0: expected to be prepared as when the model was made"
    assert expected in refusal(changed(preparation=how))


def test_a_golden_value_that_is_no_text_is_refused() -> None:
    wrong = (GoldenRow((7,), (0.5,), "0" * 64),)
    assert "golden row check: expected inputs that can be prepared: WRONG_TYPE" in refusal(changed(golden_rows=wrong))


GRAPHS = {
    "another length": (text_models.model(17), r"inputs: expected int64 [n, 16], got"),
    "another type": (text_models.model(kind=TensorProto.INT32), r"inputs: expected int64 [n, 16], got"),
}


@pytest.mark.parametrize(("model", "message"), GRAPHS.values(), ids=GRAPHS)
def test_a_graph_that_takes_other_rows_is_refused(model: bytes, message: str) -> None:
    assert message in refusal(with_model(model))
