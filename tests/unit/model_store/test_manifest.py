import hashlib
import json
import struct
from copy import replace

import pytest

from model_store.errors import DocumentInvalid
from model_store.event_format import EventFormat, IgnoreRule
from model_store.feature import Feature, members_of
from model_store.golden_row import GoldenRow, Tolerance
from model_store.manifest import Manifest, ModelFile
from tests.fakes import artifacts, text_models


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
        rounds=3,
        event=EventFormat("/id"),
        features=members_of("/a/b", artifacts.FEATURES),
        tolerance=Tolerance(1e-3, 0.0),
        metrics={"auc": 0.75},
        baseline={"rows": 3, "features": {"pages": {"edges": [1.5], "counts": [3]}}},
    )
    assert Manifest.from_bytes(manifest.to_bytes()) == manifest


EVENTS = [
    EventFormat(None),
    EventFormat("/id", "integer"),
    EventFormat(None, format="csv", events_per_record="many"),
    EventFormat("/id", format="open-inference", passthrough=("/parameters/user",)),
    EventFormat(max_inflated=1_000),
    EventFormat("/id", unwrap="debezium", ignore=(IgnoreRule("/op", ("d", None, 1, True)),), passthrough=("/a/b",)),
]


@pytest.mark.parametrize("event", EVENTS, ids=str)
def test_an_event_format_comes_back(event):
    manifest = artifacts.manifest("binary", b"model", golden_rows=(), event=event)
    assert Manifest.from_bytes(manifest.to_bytes()).event == event


def test_features_may_be_in_several_objects_and_be_text():
    features = (Feature("a", "int", path="/x/a", accept_text=True), Feature("b", "int", path="/rows/0/b"))
    manifest = artifacts.manifest("binary", b"model", golden_rows=(), features=features)
    assert Manifest.from_bytes(manifest.to_bytes()).features == features


def test_what_is_not_said_has_its_default(members):
    for key in ("event", "prediction", "tolerance", "metrics", "baseline"):
        del members[key]
    members["model"] = {"objective": "binary:logistic"}
    members["inputs"] = {"features": [{"name": "a/b", "type": "int"}]}
    members["golden_rows"] = []
    manifest = read(members)
    assert (manifest.rounds, manifest.event, manifest.metrics) == (0, EventFormat("/event_id"), {})
    assert manifest.tolerance == Tolerance(1e-6, 1e-6)
    assert manifest.features == (Feature("a/b", "int", path="/features/a~1b"),)


def test_every_member_of_the_schema_is_written(members):
    """Those too that a later part will fill: no schema 3 comes of them."""
    assert members.keys() == {
        "schema_version", "name", "version", "created_at", "framework", "task", "model", "event", "inputs", "output",
        "prediction", "files", "tolerance", "golden_rows", "metrics", "baseline",
    }  # fmt: skip
    assert members["framework"].keys() == {"name", "version", "origin"}
    assert members["model"] == {"objective": "binary:logistic", "rounds": 0, "quantized": False}
    assert members["event"] == {
        "format": "json",
        "events_per_record": "one",
        "gzip": None,
        "unwrap": "none",
        "ignore": [],
        "event_id": "/event_id",
        "passthrough": [],
    }
    assert members["inputs"].keys() == {"kind", "preprocessing", "features"}
    assert members["inputs"]["features"][0] == {
        "name": "pages",
        "type": "int",
        "path": "/features/pages",
        "allow_missing": False,
        "missing_values": [],
        "accept_text": False,
        "categories": [],
        "unknown_category": "refuse",
        "capture": "plain",
    }
    assert members["output"].keys() == {"width", "names", "labels", "threshold", "calibration"}
    assert members["prediction"] == {"form": "full", "partition_key": True, "attributions": None}


def test_the_digest_changes_with_any_member(members):
    digests = {read(members).digest()}
    members["metrics"] = {"auc": 0.5}
    digests.add(read(members).digest())
    members["inputs"]["features"][0]["allow_missing"] = True
    digests.add(read(members).digest())
    assert len(digests) == 3


def test_the_models_file_is_named_with_size_and_digest(members):
    assert members["files"] == {
        "model.ubj": {"size": len(artifacts.artifact().model), "sha256": members["files"]["model.ubj"]["sha256"]}
    }
    members["files"] = {"model.json": members["files"]["model.ubj"]}
    assert read(members).file.name == "model.json"
    assert json.loads(read(members).to_bytes())["files"] == members["files"]


def test_a_model_file_is_described_by_size_and_digest():
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert ModelFile.of(b"abc", "model.ubj") == ModelFile("model.ubj", 3, digest)


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
    "schema_version of the past": (
        at(["schema_version"], 1),
        "manifest.schema_version: expected 2, got 1: .* again with `millrace model import` or `millrace model train`",
    ),
    "schema_version of the future": (
        at(["schema_version"], 3),
        "manifest.schema_version: expected 2, got 3: made by a later Millrace",
    ),
    "schema_version missing": (at(["schema_version"], KeyError), "manifest.schema_version: expected a number"),
    "name": (at(["name"], 3), "manifest.name: expected a string, got a number"),
    "version missing": (at(["version"], KeyError), "manifest.version: expected a string, got nothing"),
    "objective": (at(["model", "objective"], 3), "manifest.model.objective: expected a string"),
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
    "no features": (at(["inputs", "features"], []), "manifest.inputs.features: expected at least one"),
    "a feature twice": (at(["inputs", "features", 1, "name"], "pages"), "manifest.inputs.features: .* each name once"),
    "a feature is text": (at(["inputs", "features", 0], "pages"), r"manifest.inputs.features\[0\]: expected an object"),
    "type": (
        at(["inputs", "features", 0, "type"], "text"),
        r"manifest.inputs.features\[0\].type: expected one of float, int",
    ),
    "allow_missing": (
        at(["inputs", "features", 0, "allow_missing"], 1),
        r"manifest.inputs.features\[0\].allow_missing: expected true or false",
    ),
    "no categories": (
        at(["inputs", "features", 3, "categories"], []),
        r"manifest.inputs.features\[3\].categories: expected exactly",
    ),
    "categories of a number": (
        at(["inputs", "features", 0, "categories"], ["a"]),
        r"manifest.inputs.features\[0\].categories",
    ),
    "a category twice": (
        at(["inputs", "features", 3, "categories"], ["a", "a"]),
        r"\[3\].categories: expected each category once",
    ),
    "a category is a number": (
        at(["inputs", "features", 3, "categories"], [1]),
        r"\[3\].categories: expected an array of strings",
    ),
    "unknown rule": (
        at(["inputs", "features", 3, "unknown_category"], "guess"),
        r"\[3\].unknown_category: expected one of refuse, missing",
    ),
    "unknown is missing, which is not allowed": (
        at(["inputs", "features", 4, "allow_missing"], False),
        r"\[4\].unknown_category",
    ),
    "an origin that is text": (at(["framework", "origin"], "lightgbm"), "framework.origin: expected an object"),
    "an origin without version": (
        at(["framework", "origin"], {"name": "lightgbm"}),
        "framework.origin.version: expected a string",
    ),
    "output": (at(["output"], None), "manifest.output: expected an object"),
    "task": (
        at(["task"], "yesno"),
        "manifest.task: expected one of binary, multiclass, regression, ranking, multi_output, got",
    ),
    "several outputs without names": (
        at(["task"], "multi_output"),
        "output.names: expected exactly where the task is mu",
    ),
    "a name for one output": (at(["output", "names"], ["a"]), "expected no labels and no threshold where outputs have"),
    "as many names as scores": (at(["output", "names"], ["a", "b"]), "output.names: expected 1 names, each once"),
    "one label": (at(["output", "labels"], ["yes"]), "manifest.output.labels: expected 2 labels"),
    "labels of two for three classes": (at(["output", "width"], 3), "manifest.output.labels: expected 3 labels"),
    "no score": (at(["output", "width"], 0), "manifest.output.width: expected at least 1"),
    "threshold": (at(["output", "threshold"], "half"), "manifest.output.threshold: expected a finite number"),
    "threshold is true": (at(["output", "threshold"], True), "manifest.output.threshold: expected a finite number"),
    "threshold beyond any float": (
        at(["output", "threshold"], 10**400),
        "manifest.output.threshold: expected a finite",
    ),
    "golden rows": (at(["golden_rows"], {}), "manifest.golden_rows: expected an array"),
    "golden row too short": (
        at(["golden_rows", 1, "inputs"], [1]),
        r"manifest.golden_rows\[1\]: expected 5 inputs",
    ),
    "golden row with two scores": (
        at(["golden_rows", 0, "scores"], [1, 2]),
        r"golden_rows\[0\]: .* 1 scores, got 5 and 2",
    ),
    "golden value is text": (
        at(["golden_rows", 0, "inputs", 0], "1"),
        r"golden_rows\[0\].inputs: expected a finite",
    ),
    "golden value beyond float32": (
        at(["golden_rows", 0, "inputs", 0], 1e39),
        r"golden_rows\[0\].inputs: .*float32",
    ),
    "golden score is null": (at(["golden_rows", 0, "scores"], [None]), r"golden_rows\[0\].scores: expected a finite"),
    "rounds": (at(["model", "rounds"], 1.5), "manifest.model.rounds: expected a number"),
    "negative rounds": (at(["model", "rounds"], -1), "manifest.model.rounds: expected"),
    "framework": (
        at(["framework", "name"], "sklearn"),
        "manifest.framework.name: expected one of xgboost, onnx, got 'sklearn'",
    ),
    "quantized that is a number": (at(["model", "quantized"], 0), "manifest.model.quantized: expected true or false"),
    "framework missing": (at(["framework"], KeyError), "manifest.framework: expected an object, got nothing"),
    "event": (at(["event"], []), "manifest.event: expected an object"),
    "event id without a path": (at(["event", "event_id"], ""), "manifest.event.event_id: expected a member's JSON P"),
    "event id by a name": (at(["event", "event_id"], "id"), "manifest.event.event_id: .*which begins with /"),
    "event id by names": (at(["event", "event_id"], ["id"]), "manifest.event.event_id: expected a string"),
    "event id of another type": (
        at(["event", "event_id"], {"path": "/id", "type": "float"}),
        "manifest.event.event_id.type: expected one of string, integer, got 'float'",
    ),
    "event id without its path": (at(["event", "event_id"], {"type": "integer"}), "event_id.path: expected a string"),
    "format": (at(["event", "format"], "xml"), "manifest.event.format: expected one of json, csv, vector, open-inf"),
    "events per record": (at(["event", "events_per_record"], 2), "manifest.event.events_per_record: expected a string"),
    "gzip": (at(["event", "gzip"], True), 'manifest.event.gzip: expected {"max_bytes": 1 to 67108864}, or null'),
    "gzip without a cap": (at(["event", "gzip"], {}), 'manifest.event.gzip: expected {"max_bytes"'),
    "gzip with too high a cap": (at(["event", "gzip"], {"max_bytes": 2**40}), "manifest.event.gzip: expected"),
    "unwrap": (at(["event", "unwrap"], "kafka"), "manifest.event.unwrap: expected one of none, cloudevents"),
    "ignore without values": (
        at(["event", "ignore"], [{"path": "/op", "equals": []}]),
        r"manifest.event.ignore\[0\].equals: expected an array of at least one",
    ),
    "ignore without a path": (at(["event", "ignore"], [{"equals": ["d"]}]), r"ignore\[0\].path: expected a string"),
    "ignore with more": (
        at(["event", "ignore"], [{"path": "/op", "equals": ["d"], "else": 1}]),
        r"manifest.event.ignore\[0\].else: unknown member",
    ),
    "passthrough": (at(["event", "passthrough"], ["user"]), r"event.passthrough\[0\]: .*which begins with /"),
    "two members that pass through by one name": (
        at(["event", "passthrough"], ["/before/id", "/after/id"]),
        "manifest.event.passthrough: expected another name at the end of each path",
    ),
    "an id in CSV": (at(["event", "format"], "csv"), "manifest.event.event_id: expected null: a csv event has no memb"),
    "an envelope around an open-inference request": (
        at(["event"], {"format": "open-inference", "unwrap": "sns"}),
        "manifest.event.unwrap: expected none",
    ),
    "a path with a bad escape": (at(["inputs", "features", 1, "path"], "/features/~2"), r"\[1\].path: expected ~0"),
    "a path twice": (
        at(["inputs", "features", 1, "path"], "/features/pages"),
        r"\[1\].path: expected each path once, got /features/pages again",
    ),
    "missing values of another type": (
        at(["inputs", "features", 0, "missing_values"], ["-999"]),
        "missing_values: expected numbers, as the type is",
    ),
    "a boolean among numbers": (at(["inputs", "features", 0, "missing_values"], [True]), "expected numbers"),
    "a missing value twice": (at(["inputs", "features", 0, "missing_values"], [-1, -1.0]), "each value once"),
    "a missing value beyond float32": (at(["inputs", "features", 0, "missing_values"], [1e39]), "float32 can hold"),
    "a huge missing value": (at(["inputs", "features", 0, "missing_values"], [10**400]), "float32 can hold"),
    "tolerance": (at(["tolerance", "relative"], "1e-6"), "manifest.tolerance.relative: expected a number"),
    "tolerance below 0": (at(["tolerance", "absolute"], -1e-9), "manifest.tolerance.absolute: expected 0 to 0.01"),
    "tolerance of anything": (at(["tolerance", "relative"], 0.1), "tolerance.relative: expected 0 to 0.01, got 0.1"),
    "metrics": (at(["metrics"], []), "manifest.metrics: expected an object"),
    "NaN metric": (at(["metrics"], {"auc": float("nan")}), "manifest: expected"),
}


@pytest.mark.parametrize(("change", "message"), FAULTS.values(), ids=FAULTS.keys())
def test_a_manifest_that_does_not_follow_its_schema_is_refused_by_path(members, change, message):
    change(members)
    with pytest.raises(DocumentInvalid, match=message):
        read(members)


@pytest.mark.parametrize("key", ["name", "version"])
@pytest.mark.parametrize("value", ["", "v 1/2", "../../../evil", "..", ".a", "-x", "größe", "a\n", "x" * 101, "none"])
def test_what_is_no_name_is_refused(members, key, value):
    members[key] = value
    with pytest.raises(DocumentInvalid, match=rf"^manifest\.{key}: expected "):
        read(members)


@pytest.mark.parametrize("value", ["1", "20261114-093000", "v1.2_rc-3", "x" * 100])
def test_what_is_a_name(members, value):
    members["name"] = members["version"] = value
    assert read(members).version == value


UNKNOWN = {
    "manifest.objective": ["objective"],
    "manifest.framework.url": ["framework", "url"],
    "manifest.model.iterations": ["model", "iterations"],
    "manifest.event.features": ["event", "features"],
    "manifest.inputs.shape": ["inputs", "shape"],
    r"manifest.inputs.features\[0\].missing": ["inputs", "features", 0, "missing"],
    "manifest.output.kind": ["output", "kind"],
    "manifest.prediction.compact": ["prediction", "compact"],
    "manifest.files.model.ubj.md5": ["files", "model.ubj", "md5"],
    "manifest.tolerance.ulps": ["tolerance", "ulps"],
    r"manifest.golden_rows\[0\].features": ["golden_rows", 0, "features"],
}


@pytest.mark.parametrize(("named", "path"), UNKNOWN.items(), ids=UNKNOWN.keys())
def test_an_unknown_member_is_refused_and_not_ignored(members, named, path):
    at(path, 1)(members)
    with pytest.raises(DocumentInvalid, match=f"^{named}: unknown member: expected "):
        read(members)


KINDS = [
    (["inputs", "kind"], "sound", "manifest.inputs.kind: expected one of features, image, text"),
    (
        ["inputs", "preprocessing"],
        ["lower"],
        r"inputs.preprocessing: expected \[\]: features are not prepared",
    ),
    (["event", "format"], "bytes", "manifest.event.format: expected another than bytes"),
]


@pytest.mark.parametrize(("path", "value", "message"), KINDS, ids=lambda value: str(value)[:30])
def test_features_are_not_prepared(members, path, value, message):
    if path[0] == "event":
        members["event"]["event_id"] = None
    at(path, value)(members)
    with pytest.raises(DocumentInvalid, match=message):
        read(members)


OF_TEXTS = [
    (["inputs", "preprocessing"], [], "manifest.inputs.preprocessing: expected an array of one step"),
    (["inputs", "preprocessing", 0, "version"], 2, "manifest.inputs.preprocessing: expected hashed-grams of version 1"),
    (["inputs", "features", 0, "type"], "float", "type: expected one of text"),
    (["inputs", "features", 0, "allow_missing"], True, "expected no rules for missing values"),
    (["inputs", "features", 0, "accept_text"], True, "expected no rules for missing values"),
    (["inputs", "features", 0, "capture"], "plain", "omit for capture"),
    (["golden_rows", 0, "prepared"], 7, "prepared: expected a string"),
    (["golden_rows", 0, "inputs"], [], "expected 1 inputs"),
    (["framework", "name"], "xgboost", "files: expected one of model.ubj"),
]


@pytest.mark.parametrize(("path", "value", "message"), OF_TEXTS, ids=lambda value: str(value)[:30])
def test_a_text_is_the_one_feature_and_declares_how_it_is_prepared(path, value, message):
    members = json.loads(text_models.artifact().manifest.to_bytes())
    at(path, value)(members)
    with pytest.raises(DocumentInvalid, match=message):
        read(members)


def test_a_text_has_one_feature_and_a_framework_that_takes_it():
    members = json.loads(text_models.artifact().manifest.to_bytes())
    second = members["inputs"]["features"][0] | {"name": "b", "path": "/b"}
    with pytest.raises(DocumentInvalid, match=r"expected one, the text, got 2"):
        read(members | {"inputs": members["inputs"] | {"features": [*members["inputs"]["features"], second]}})
    members["framework"]["name"] = "xgboost"
    members["files"] = {"model.ubj": members["files"]["model.onnx"]}
    with pytest.raises(DocumentInvalid, match=r"inputs.kind: expected features: xgboost evaluates no text"):
        read(members)


NOT_BUILT = [
    (
        ["prediction", "attributions"],
        {"top": 5},
        "null: this version of Millrace takes the setting of attributions from the release",
    ),
]


@pytest.mark.parametrize(("path", "value", "message"), NOT_BUILT, ids=lambda value: str(value)[:30])
def test_what_is_not_built_yet_is_refused_by_name(members, path, value, message):
    at(path, value)(members)
    with pytest.raises(DocumentInvalid, match=rf"\.{path[-1]}: expected {message}"):
        read(members)


@pytest.mark.parametrize("member", ["metrics", "baseline"])
def test_a_number_beyond_any_is_refused_when_it_is_read_and_not_when_it_is_written(artifact, member):
    raw = artifact.manifest.to_bytes().replace(b'"%s": {' % member.encode(), b'"%s": {"x": 1e999, ' % member.encode())
    raw = raw.replace(b"1e999, }", b"1e999}")
    with pytest.raises(DocumentInvalid, match="expected finite numbers"):
        Manifest.from_bytes(raw)


@pytest.mark.parametrize("path", ["/features", "/features/pages/id"])
def test_an_event_id_that_holds_features_or_is_in_one_is_refused(artifact, path):
    raw = artifact.manifest.to_bytes().replace(b'"event_id": "/event_id"', b'"event_id": "%s"' % path.encode())
    with pytest.raises(DocumentInvalid, match=r"manifest.event.event_id: expected a member that neither contains"):
        Manifest.from_bytes(raw)


def test_a_digest_is_computed_once_and_a_changed_copy_has_its_own(monkeypatch):
    manifest = artifacts.artifact().manifest
    changed = replace(manifest, version="another")
    assert changed.digest() != manifest.digest()
    assert changed.digest() == hashlib.sha256(changed.to_bytes()).hexdigest()

    monkeypatch.setattr(Manifest, "to_bytes", lambda manifest: pytest.fail("written again"))
    assert changed.digest() == changed.digest()
