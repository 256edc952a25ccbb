import json
import pickle

import pytest

from millrace.errors import UserError
from millrace.model import import_file
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


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (pickle.dumps({"a": 1}), r"a Python pickle .*save_model\('model.ubj'\)"),
        (b"binf" + bytes(100), "old binary format.* XGBoost 1.6 to 2.1, save it as .json"),
        (b"bs64\tAAAA", "old binary format"),
        (b"[{}]", "a dump of trees"),
        (b"booster[0]:\n0:[f0<1]", "a dump of trees"),
        (b"\x1f\x8b\x08\x00", "a compressed file: unpack it first"),
        (b"PK\x03\x04", "a compressed file"),
        (b"\x00\x00\x00\x3f", "something that begins with"),
        (b"", "something that begins with b''"),
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
        (lambda model: model.update(version=[1, 5, 2]), "XGBoost 1.6 or newer, got 1.5.2: load it with 1.6 to 2.1"),
        (lambda model: model.update(version="3"), "XGBoost 1.6 or newer, got 3"),
        (lambda model: model["learner"]["objective"].update(name="reg:mine"), "objective: expected one of"),
        (lambda model: model["learner"]["gradient_booster"].update(name="gblinear"), "expected gbtree or dart"),
        (without_rounds, "expected a model with boosting rounds, got one without: it predicts its base score alone"),
        (parameter("num_target", "2"), "one target, got 2: train one model for each"),
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
    monkeypatch.setattr(import_file, "MAX_MODEL_BYTES", 10)
    with pytest.raises(UserError, match="at most 10 bytes, got 11"):
        import_file.read(model_file(b"{" * 11))
