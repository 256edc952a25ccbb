import pytest

from model_store.artifact import Artifact
from model_store.errors import DocumentInvalid
from tests.fakes import artifacts


def test_an_artifact_on_disk_comes_back_whole(artifact, tmp_path):
    artifact.write(tmp_path / "a" / "b")
    assert Artifact.read(tmp_path / "a" / "b") == artifact
    assert sorted(path.name for path in (tmp_path / "a" / "b").iterdir()) == ["manifest.json", "model.ubj"]


def test_the_manifest_names_the_models_file(tmp_path):
    artifact = artifacts.artifact(file="model.json")
    artifact.write(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["manifest.json", "model.json"]
    assert Artifact.read(tmp_path) == artifact


@pytest.mark.parametrize("name", ["manifest.json", "model.ubj"])
def test_a_missing_file_is_named(artifact, tmp_path, name):
    artifact.write(tmp_path)
    (tmp_path / name).unlink()
    with pytest.raises(FileNotFoundError, match=name):
        Artifact.read(tmp_path)


def test_a_damaged_manifest_is_refused(artifact, tmp_path):
    artifact.write(tmp_path)
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(DocumentInvalid, match="manifest"):
        Artifact.read(tmp_path)
