import json
import struct

import pytest

from model_store.errors import DocumentInvalid
from model_store.manifest import EventPaths, GoldenRow, Manifest, ModelFile
from tests.fakes import artifacts


@pytest.fixture
def members(artifact):
    """The manifest as JSON, to be changed and read again."""
    return json.loads(artifact.manifest.to_bytes())


def read(members):
    return Manifest.from_bytes(json.dumps(members).encode())


@pytest.mark.parametrize("kind", artifacts.KINDS)
def test_a_manifest_comes_back_whole(kind):
    manifest = artifacts.artifact(kind).manifest
    again = Manifest.from_bytes(manifest.to_bytes())
    assert again == manifest
    assert again.digest() == manifest.digest()


def test_every_member_comes_back():
    manifest = artifacts.manifest(
        "binary",
        b"model",
        golden_rows=(GoldenRow((1.0, None, 0.0, 2.0, 1.0), (0.25,)),),
        iterations=3,
        event=EventPaths(("id",), ()),
        metrics={"auc": 0.75},
        baseline={"rows": 3, "features": {"pages": {"edges": [1.5], "counts": [3]}}},
    )
    assert Manifest.from_bytes(manifest.to_bytes()) == manifest


def test_what_is_not_said_has_its_default(members):
    for key in ("iterations", "event", "metrics", "baseline"):
        del members[key]
    manifest = read(members)
    assert (manifest.iterations, manifest.event, manifest.metrics) == (0, EventPaths(), {})


def test_the_digest_changes_with_any_member(members):
    digests = {read(members).digest()}
    members["metrics"] = {"auc": 0.5}
    digests.add(read(members).digest())
    members["features"][0]["missing"] = True
    digests.add(read(members).digest())
    assert len(digests) == 3


def test_the_models_file_is_named_with_size_and_digest(members):
    assert members["files"] == {
        "model.ubj": {"size": len(artifacts.artifact().model), "sha256": members["files"]["model.ubj"]["sha256"]}
    }
    members["files"] = {"model.json": members["files"]["model.ubj"]}
    assert read(members).model.name == "model.json"
    assert json.loads(read(members).to_bytes())["files"] == members["files"]


def test_a_model_file_is_described_by_size_and_digest():
    assert ModelFile.of(b"abc") == ModelFile(3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")


def test_a_golden_row_is_packed_as_float32_with_nan_for_missing():
    packed = GoldenRow((1.5, None), ()).packed()
    first, second = struct.unpack("=2f", packed)
    assert first == 1.5
    assert second != second


def at(path, value):
    """Replace (or, with KeyError, remove) the member at a path."""

    def change(members):
        *way, last = path
        for key in way:
            members = members[key]
        if value is KeyError:
            del members[last]
        else:
            members[last] = value

    return change


FAULTS = {
    "schema_version of the future": (at(["schema_version"], 2), "manifest.schema_version: expected 1, got 2"),
    "schema_version missing": (at(["schema_version"], KeyError), "manifest.schema_version: expected a number"),
    "name": (at(["name"], 3), "manifest.name: expected a string, got a number"),
    "version missing": (at(["version"], KeyError), "manifest.version: expected a string, got nothing"),
    "objective": (at(["objective"], None), "manifest.objective: expected a string"),
    "files missing": (at(["files"], KeyError), "manifest.files: expected an object"),
    "file of another name": (
        at(["files"], {"model.bin": {}}),
        "files: expected one of model.ubj and .*, got model.bin",
    ),
    "no file": (at(["files"], {}), "manifest.files: expected one of model.ubj and model.json, got nothing"),
    "file in both formats": (at(["files", "model.json"], {}), "expected one of .*, got model.json, model.ubj"),
    "file is text": (at(["files", "model.ubj"], "x"), "manifest.files.model.ubj: expected an object"),
    "size": (at(["files", "model.ubj", "size"], "3"), "manifest.files.model.ubj.size: expected a number"),
    "sha256 missing": (at(["files", "model.ubj", "sha256"], KeyError), "manifest.files.model.ubj.sha256"),
    "no features": (at(["features"], []), "manifest.features: expected at least one"),
    "a feature twice": (at(["features", 1, "name"], "pages"), "manifest.features: .* each name once"),
    "a feature is text": (at(["features", 0], "pages"), r"manifest.features\[0\]: expected an object"),
    "type": (at(["features", 0, "type"], "text"), r"manifest.features\[0\].type: expected one of float, int"),
    "missing": (at(["features", 0, "missing"], 1), r"manifest.features\[0\].missing: expected true or false"),
    "no categories": (at(["features", 3, "categories"], []), r"manifest.features\[3\].categories: expected exactly"),
    "categories of a number": (at(["features", 0, "categories"], ["a"]), r"manifest.features\[0\].categories"),
    "a category twice": (
        at(["features", 3, "categories"], ["a", "a"]),
        r"\[3\].categories: expected each category once",
    ),
    "a category is a number": (
        at(["features", 3, "categories"], [1]),
        r"\[3\].categories: expected an array of strings",
    ),
    "unknown rule": (at(["features", 3, "unknown_category"], "guess"), r"\[3\].unknown_category: expected refuse or"),
    "unknown is missing, which is not allowed": (at(["features", 4, "missing"], False), r"\[4\].unknown_category"),
    "output": (at(["output"], None), "manifest.output: expected an object"),
    "kind": (at(["output", "kind"], "yesno"), "manifest.output.kind: expected one of binary"),
    "one label": (at(["output", "labels"], ["yes"]), "manifest.output.labels: expected 2 labels"),
    "labels of two for three classes": (at(["output", "classes"], 3), "manifest.output.labels: expected 3 labels"),
    "no class": (at(["output", "classes"], 0), "manifest.output.classes: expected at least 1"),
    "threshold": (at(["output", "threshold"], "half"), "manifest.output.threshold: expected a finite number"),
    "threshold is true": (at(["output", "threshold"], True), "manifest.output.threshold: expected a finite number"),
    "threshold beyond any float": (
        at(["output", "threshold"], 10**400),
        "manifest.output.threshold: expected a finite",
    ),
    "golden rows": (at(["golden_rows"], {}), "manifest.golden_rows: expected an array"),
    "golden row too short": (
        at(["golden_rows", 1, "features"], [1]),
        r"manifest.golden_rows\[1\]: expected 5 features",
    ),
    "golden row with two scores": (
        at(["golden_rows", 0, "scores"], [1, 2]),
        r"golden_rows\[0\]: .* 1 scores, got 5 and 2",
    ),
    "golden value is text": (
        at(["golden_rows", 0, "features", 0], "1"),
        r"golden_rows\[0\].features: expected a finite",
    ),
    "golden value beyond float32": (
        at(["golden_rows", 0, "features", 0], 1e39),
        r"golden_rows\[0\].features: .*float32",
    ),
    "golden score is null": (at(["golden_rows", 0, "scores"], [None]), r"golden_rows\[0\].scores: expected a finite"),
    "iterations": (at(["iterations"], 1.5), "manifest.iterations: expected a number"),
    "negative iterations": (at(["iterations"], -1), "manifest.iterations: expected"),
    "event": (at(["event"], []), "manifest.event: expected an object"),
    "event id path": (at(["event", "event_id"], []), "manifest.event.event_id: expected at least one"),
    "features path": (at(["event", "features"], "features"), "manifest.event.features: expected an array"),
    "metrics": (at(["metrics"], []), "manifest.metrics: expected an object"),
    "NaN metric": (at(["metrics"], {"auc": float("nan")}), "manifest: expected"),
}


@pytest.mark.parametrize(("change", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_a_manifest_that_does_not_follow_its_schema_is_refused_by_path(members, change, message):
    change(members)
    with pytest.raises(DocumentInvalid, match=message):
        read(members)
