"""`millrace model import net.onnx --inputs`: models of images and texts, by a declared preparation and a sample."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from millrace.errors import UserError
from millrace.model.import_model import Import, import_model
from millrace.model.import_summary import summary
from model_store.artifact import Artifact
from model_store.feature import OMIT, Feature
from model_store.verify import verify
from tests.fakes import commands, image_models, pictures, text_models
from tests.fakes.image_models import base64_of
from tests.fakes.onnx_models import graph, node, weight

FILES = (pictures.photograph(), pictures.photograph("flower.jpg"), pictures.written(pictures.picture(), "PNG"))
IMAGES = pl.DataFrame({"image": list(map(base64_of, FILES)), "what": ["land", "sky", "land"]})
INPUTS = {"kind": "image", "preprocessing": [image_models.STEP]}


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Artifact]:
    def make(model: bytes = image_models.model(), declared: Any = INPUTS, **members: Any) -> Artifact:
        (tmp_path / "net.onnx").write_bytes(model)
        (tmp_path / "inputs.json").write_text(json.dumps(declared))
        wanted = {"sample": IMAGES, "label": "what", "inputs": tmp_path / "inputs.json"} | members
        return import_model(tmp_path / "net.onnx", Import("sessions", "1", **wanted))

    return make


def scores(*files: bytes) -> list[float]:
    rows = [image_models.preparation().prepare(file) for file in files]
    return verify(image_models.artifact()).predict(b"".join(rows), len(rows)).tolist()


def test_a_model_of_images_is_described_and_proved(made: Callable[..., Artifact]) -> None:
    artifact = made(expected=pl.DataFrame({"sky": scores(*FILES)}))
    manifest = artifact.manifest
    assert manifest.features == (Feature("image", "image", allow_missing=False, capture=OMIT),)
    assert manifest.preparation == image_models.preparation()
    assert (manifest.task, manifest.output.labels, manifest.output.threshold) == ("binary", ("land", "sky"), 0.5)
    assert manifest.baseline["features"] == {}
    assert "prepared: " in "\n".join(summary(artifact))
    assert verify(artifact).predict(b"".join(manifest.golden_inputs()), 3)


def test_golden_photographs_are_small_copies(made: Callable[..., Artifact]) -> None:
    """A cold start reads them: 200 kB of base64 become 2."""
    (value, *_) = (row.inputs[0] for row in made().manifest.golden_rows)
    assert len(value) < 4_000 < len(IMAGES["image"][0])


def test_a_model_of_texts_is_described_and_proved(made: Callable[..., Artifact]) -> None:
    values = ["Win a prize now", "see you at lunch", "", "Köln"]
    artifact = made(
        text_models.model(),
        {"kind": "text", "preprocessing": text_models.STEPS, "features": [{"name": "mail", "type": "text"}]},
        sample=pl.DataFrame({"mail": values, "what": ["spam", "ham", "ham", "ham"]}),
    )
    assert artifact.manifest.features[0].path == "/features/mail"
    assert [row.inputs[0] for row in artifact.manifest.golden_rows] == values


def test_of_many_scores_there_is_no_baseline(made: Callable[..., Artifact]) -> None:
    many = graph(
        [node("Flatten", "x", "flat"), node("MatMul", "flat w", "sum"), node("Softmax", "sum", "y", axis=1)],
        [weight("w", np.random.default_rng(2).normal(size=(768, 101)) / 100)],
        shape=("n", 3, 16, 16), given=("n", 101),
    ).SerializeToString()  # fmt: skip
    artifact = made(many, sample=IMAGES.drop("what"), label=None, labels=tuple(f"class {i}" for i in range(101)))
    assert (artifact.manifest.output.width, artifact.manifest.baseline) == (101, {})
    assert "…" in "\n".join(summary(artifact))


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"expected": pl.DataFrame({"sky": [0.1, 0.2, 0.3]})}, "the scores of row 0: expected"),
    ({"sample": None, "label": None}, "--sample: expected a table with a column 'image' of images"),
    ({"sample": IMAGES.rename({"image": "picture"})}, "expected a column 'image' of texts, got picture"),
    (
        {"sample": IMAGES.with_columns(image=pl.lit(base64_of(b"GIF89a")))},
        "the sample: row 0: INVALID_IMAGE: expected a JPEG or PNG file",
    ),
    ({"declared": {"kind": "sound"}}, "inputs.kind: expected one of features, image, text"),
    ({"declared": {"kind": "image"}}, r"inputs.preprocessing: expected an array of one step, resized-pixels"),
    ({"declared": INPUTS | {"more": 1}}, "inputs.more: unknown member"),
    ({"declared": {"features": [{"name": "x", "type": "float"}]}}, "expected inputs of one text or image"),
    ({"model": image_models.model(("n", 3, 8, 8))}, r"expected float32 \[n, 3, 16, 16\], got"),
    ({"features": Path("features.json")}, "--features: expected none next to --inputs"),
]


@pytest.mark.parametrize(("members", "text"), REFUSED, ids=lambda value: f"{value!s:.30}")
def test_what_does_not_fit_is_one_line(made: Callable[..., Artifact], members: dict[str, Any], text: str) -> None:
    with pytest.raises(UserError, match=text):
        made(**members)


def test_the_command_takes_labels_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "net.onnx").write_bytes(image_models.model())
    (tmp_path / "inputs.json").write_text(json.dumps(INPUTS))
    (tmp_path / "labels").write_text("land\nsky, with clouds\n")
    IMAGES.select("image").write_ndjson(tmp_path / "sample.jsonl")
    code, _, err = commands.run(
        "model", "import", tmp_path / "net.onnx", "--name", "photographs", "--inputs", tmp_path / "inputs.json",
        "--sample", tmp_path / "sample.jsonl", "--labels", tmp_path / "labels", "--format", "bytes",
        "--out", tmp_path / "artifact",
    )  # fmt: skip
    assert code == 0, err
    manifest = Artifact.read(tmp_path / "artifact").manifest
    assert manifest.output.labels == ("land", "sky, with clouds")
    assert (manifest.event.format, manifest.event.event_id) == ("bytes", None)
