"""The cold starts of deep models: what the first event is."""

from collections.abc import Callable
from copy import replace

import pytest

from benchmarks import deep
from model_store.artifact import Artifact
from model_store.event_format import BYTES, VECTOR, EventFormat
from tests.fakes import image_models, onnx_models, text_models
from tests.fakes.envelopes import kinesis
from tests.fakes.scorer import FakeScorer


def in_form(artifact: Artifact, form: str) -> Artifact:
    return Artifact(replace(artifact.manifest, event=EventFormat(None, format=form)), artifact.model)


@pytest.mark.parametrize(
    "made",
    [
        text_models.artifact,
        image_models.artifact,
        lambda: in_form(image_models.artifact(), BYTES),
        lambda: in_form(onnx_models.artifact("logistic"), VECTOR),
        lambda: onnx_models.artifact("logistic"),
    ],
    ids=["text", "image", "bytes", "vector", "features"],
)
def test_it_is_the_first_golden_row(made: Callable[[], Artifact]) -> None:
    artifact = made()
    scorer = FakeScorer(artifact)
    scorer.run(kinesis(deep.payload(artifact.manifest)))
    (prediction,) = scorer.predictions
    assert prediction["score"] == pytest.approx(artifact.manifest.golden_rows[0].scores[0], rel=1e-4)
