"""Each entry of the registry of frameworks keeps what a framework promises, and has all of its parts."""

import math
from collections.abc import Callable
from copy import replace
from pathlib import Path

import pytest

from model_store.artifact import Artifact
from model_store.errors import ArtifactRefused
from model_store.manifest import ModelFile
from model_store.verify import verify
from predictors import FRAMEWORKS
from tests.contract.parts import missing_of_framework
from tests.fakes import artifacts, onnx_models

EXAMPLES: dict[str, Callable[[], Artifact]] = {"xgboost": artifacts.artifact, "onnx": onnx_models.artifact}
each_framework = pytest.mark.parametrize("name", FRAMEWORKS)


@each_framework
def test_a_framework_has_all_of_its_parts(name: str) -> None:
    missing = missing_of_framework(name, EXAMPLES)
    assert not missing, f"the framework {name} lacks:\n" + "\n".join(missing)


def test_what_is_missing_is_named() -> None:
    assert missing_of_framework("abacus", EXAMPLES) == [
        "functions/predictors/abacus/__init__.py: the framework",
        "tests/contract/test_frameworks.py, EXAMPLES: an artifact of abacus",
        "docs/contracts.md, Model artifact: abacus and its model's file, in the row of files",
    ]


def test_a_plan_for_a_framework_is_not_its_row(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    table = (
        "## Model artifact\n\n| member | later |\n|---|---|\n| `framework.name`, `files` | abacus: `model.beads` |\n"
    )
    (tmp_path / "docs" / "contracts.md").write_text(table)
    assert "docs/contracts.md, Model artifact: abacus and its model's file, in the row of files" in (
        missing_of_framework("abacus", EXAMPLES, tmp_path)
    )


@each_framework
def test_a_model_is_verified_and_scores_its_golden_rows(name: str) -> None:
    artifact = EXAMPLES[name]()
    predictor = verify(artifact)
    golden = artifact.manifest.golden_rows
    scores = predictor.predict(b"".join(row.packed() for row in golden), len(golden))
    assert len(scores) == len(golden) * artifact.manifest.output.width
    assert all(map(math.isfinite, scores))


@each_framework
def test_a_model_names_a_file_of_its_framework(name: str) -> None:
    assert EXAMPLES[name]().manifest.file.name in FRAMEWORKS[name].model_files


@each_framework
@pytest.mark.parametrize("damage", [lambda model: b"", lambda model: model[:-1], lambda model: model[1:]])
def test_a_damaged_model_is_refused(name: str, damage: Callable[[bytes], bytes]) -> None:
    """With a digest that fits: size and digest are not the framework's to check."""
    artifact = EXAMPLES[name]()
    model = damage(artifact.model)
    manifest = replace(artifact.manifest, file=ModelFile.of(model, artifact.manifest.file.name))
    with pytest.raises(ArtifactRefused):
        verify(Artifact(manifest, model))
