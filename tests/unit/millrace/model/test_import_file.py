import json
import pickle
import zlib
from pathlib import Path

import numpy as np
import pytest
import xgboost as xgb

from millrace.errors import UserError
from millrace.model import import_file, wrapped_files
from predictors.xgboost import ubj
from tests.fakes import artifacts
from tests.fakes.ubj import encode


@pytest.fixture
def model_file(tmp_path):
    """Writes bytes to a file and gives its path."""

    def write(raw, name="it.model"):
        (tmp_path / name).write_bytes(raw)
        return tmp_path / name

    return write


def saved(kind="binary", file="ubj"):
    return bytes(artifacts.booster(kind).save_raw(file))


@pytest.mark.parametrize("file", ["ubj", "json"])
@pytest.mark.parametrize("kind", artifacts.KINDS)
def test_a_model_says_what_it_is(model_file, kind, file):
    plain = import_file.read(model_file(saved(kind, file)))
    output = artifacts.OUTPUTS[kind]
    expected = (artifacts.OBJECTIVES[kind], artifacts.TASKS[kind], output.width)
    assert (plain.objective, plain.task, plain.width) == expected
    assert (plain.names, plain.columns) == (tuple(artifacts.NAMES), 5)
    assert plain.categories == ((),) * 5
    assert plain.model == saved(kind)


def test_the_format_is_told_by_content_not_by_name(model_file):
    assert import_file.read(model_file(saved(file="json"), "model.ubj"))
    laid_out = json.dumps(json.loads(saved(file="json")), indent=2).encode()
    assert import_file.read(model_file(laid_out, "model.bin"))


def test_the_model_keeps_its_categories(model_file):
    raw = encode(artifacts.keep_categories(ubj.decode(saved("categorical"))))
    kept = import_file.read(model_file(raw)).categories
    assert kept == ((), (), (), ("desktop", "mobile", "tablet"), ("ads", "search"))


def binary(objective=b"binary:logistic", booster=b"gbtree"):
    """The beginning of a model in the format that XGBoost wrote before JSON: parameters, then names."""
    texts = b"".join(len(text).to_bytes(8, "little") + text for text in (objective, booster))
    return bytes(3) + b"\x3f\x03" + bytes(131) + texts + bytes(300)


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (
            pickle.dumps({"a": 1}),
            r"a Python pickle .*python -c .*joblib.load\('it.model'\).*save_model\('model.json'\)",
        ),
        (pickle.dumps({"a": 1}, protocol=0), "a Python pickle"),
        (zlib.compress(pickle.dumps({"a": 1})), "a Python pickle"),
        (b"binf" + bytes(100), r"old binary format.*pip install xgboost==1.7.6 .*b.load_model\('it.model'\)"),
        (b"bs64\tAAAA", "old binary format"),
        (binary(), "old binary format.*save_model.*, and import model.json"),
        (b"\0\0\0\2" + binary(b"multi:softprob", b"dart"), "old binary format"),
        (b"[{}]", "a dump of trees"),
        (b"booster[0]:\n0:[f0<1]", "a dump of trees"),
        (pickle.dumps(["lightgbm.sklearn"]), r"where LightGBM is installed, and import model.txt"),
        (b"tree\nversion=v4\nnum_class=1\n", "expected the member feature_names, got a file without"),
        (
            b'{"name": "tree", "version": "v4", "num_class": 1}',
            r"a dump of a LightGBM model: save it with booster.save_model\('model.txt'\)",
        ),
        (b"PAR1" + bytes(40), "a Parquet file.*in the folder data/"),
        (b"\x1f\x8b\x08\x00", "the archive cannot be read"),
        (b"PK\x03\x04", "the archive cannot be read"),
        (b"\x00\x00\x00\x3f", r"something that begins with .*save_model\('model.ubj'\)"),
        (b"", "got an empty file"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "got a pointer of Git LFS: run git lfs pull"),
        (b"\n<!DOCTYPE html><html>", "got HTML or XML, such as the page of a download that failed"),
        (b"{", "JSON"),
        (b'{"learner": {}}', "a member is missing or wrong: KeyError"),
        (b'{"learner": {}, "learner": {}}', "each member once"),
        (b"{i\x01aT}", "a member is missing or wrong"),
    ],
    ids=lambda value: repr(value)[:20],
)
def test_what_is_no_model_file_is_refused_with_what_to_do(model_file, raw, message):
    with pytest.raises(UserError, match=message) as caught:
        import_file.read(model_file(raw))
    assert "it.model: " in str(caught.value)
    assert len(str(caught.value).splitlines()) == 1


def damaged(change, kind="binary"):
    model = ubj.decode(saved(kind))
    change(model)
    return encode(model)


def without_rounds(model):
    """As XGBoost 1.7.6 saved a model that was never boosted."""
    forest = model["learner"]["gradient_booster"]["model"]
    forest.update(trees=[], tree_info=[])
    forest["gbtree_model_param"]["num_trees"] = "0"
    del forest["iteration_indptr"], forest["cats"]


def parameter(name, value):
    return lambda model: model["learner"]["learner_model_param"].update({name: value})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda model: model.update(version=[0, 9, 0]), "XGBoost 1.0 or newer, got 0.9.0"),
        (lambda model: model.update(version="3"), "XGBoost 1.0 or newer, got 3"),
        (lambda model: model["learner"]["objective"].update(name="reg:mine"), "objective: expected one of"),
        (
            lambda model: model["learner"]["gradient_booster"].update(name="gbforest"),
            "expected gbtree, dart or gblinear",
        ),
        (without_rounds, "expected a model with boosting rounds, got one without: it predicts its base score alone"),
        (parameter("num_feature", "999999999999999999999"), "num_feature: expected"),
        (parameter("num_feature", "many"), "invalid literal"),
        (lambda model: model["learner"].update(feature_names=["a"]), "num_feature: expected 1, got 5"),
        (
            lambda model: model["learner"]["gradient_booster"]["model"]["trees"][3]["left_children"].__setitem__(0, 99),
            "tree 3: child of node 0",
        ),
        (
            lambda model: model["learner"]["objective"]["reg_loss_param"].update(scale_pos_weight="x"),
            "scale_pos_weight",
        ),
    ],
)
def test_a_model_that_is_not_sound_or_cannot_be_served_is_refused(model_file, change, message):
    with pytest.raises(UserError, match=message) as caught:
        import_file.read(model_file(damaged(change)))
    assert len(str(caught.value).splitlines()) == 1


def test_a_file_that_is_not_there_or_too_large_is_refused(model_file, tmp_path, monkeypatch):
    with pytest.raises(UserError, match="cannot be read: No such file"):
        import_file.read(tmp_path / "nothing")
    monkeypatch.setattr(wrapped_files, "MAX_MODEL_BYTES", 10)
    with pytest.raises(UserError, match="at most 10 bytes, got 11"):
        import_file.read(model_file(b"{" * 11))


def as_xgboost_1_0(model):
    """A decoded model as XGBoost 1.0 wrote it: without what came later, and with booleans."""
    model["version"] = [1, 0, 2]
    learner = model["learner"]
    for key in ("feature_names", "feature_types"):
        del learner[key]
    parameters = learner["learner_model_param"]
    del parameters["num_target"], parameters["boost_from_average"]
    parameters["base_score"] = parameters["base_score"].strip("[]")
    forest = learner["gradient_booster"]["model"]
    del forest["iteration_indptr"], forest["cats"]
    forest["gbtree_model_param"] = {"num_trees": forest["gbtree_model_param"]["num_trees"], "size_leaf_vector": "0"}
    for tree in forest["trees"]:
        tree["tree_param"]["size_leaf_vector"] = "0"
        tree["default_left"] = [value == 1 for value in tree["default_left"]]
        for key in [key for key in tree if key.startswith("categories") or key == "split_type"]:
            del tree[key]


def with_integers(model):
    """As jq and JavaScript write floats that are whole."""
    for tree in model["learner"]["gradient_booster"]["model"]["trees"]:
        for key in ("loss_changes", "split_conditions", "base_weights", "sum_hessian"):
            tree[key] = [int(value) if value == int(value) else value for value in tree[key]]


def predicted(plain):
    rows = xgb.DMatrix(artifacts.matrix(50, seed=6), feature_names=list(plain.names) or None)
    return plain.original.predict(rows)


MODELS = Path(__file__).parents[3] / "models"


@pytest.mark.parametrize("path", sorted(MODELS.glob("json-*/[!e]*.json")), ids=lambda path: "/".join(path.parts[-2:]))
def test_json_of_xgboost_1_0_to_1_5_scores_as_it_did_there(path):
    written = json.loads((path.parent / "expected.json").read_text())
    plain = import_file.read(path)
    assert plain.xgboost_version == path.parent.name.removeprefix("json-")
    found = plain.original.predict(xgb.DMatrix(np.array(written["rows"], np.float32)))
    np.testing.assert_allclose(found, written["scores"][path.name], rtol=1e-6)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("binary", as_xgboost_1_0),
        ("regression", as_xgboost_1_0),
        ("binary", with_integers),
        ("multiclass", with_integers),
        ("regression", with_integers),
    ],
)
def test_json_of_old_xgboosts_and_of_other_programs_is_read(model_file, kind, change):
    model = json.loads(saved(kind, "json"))
    change(model)
    found = import_file.read(model_file(json.dumps(model).encode()))
    np.testing.assert_array_equal(predicted(found), predicted(import_file.read(model_file(saved(kind)))))


@pytest.mark.parametrize("before", [b"\0\0\0\2", b"\0\0\0\3", b"\xef\xbb\xbf", b"\n "])
@pytest.mark.parametrize("file", ["json", "ubj"])
def test_what_comes_before_the_model_is_left_out(model_file, before, file):
    """Spark on the JVM writes the number of classes before a classifier."""
    found = import_file.read(model_file(before + saved(file=file)))
    assert found.model == import_file.read(model_file(saved(file=file))).model
