"""Model files that are not what XGBoost writes: never a crash, never a score that the exact path would not give."""

import json
import random
import struct
from copy import replace

import pytest

from model_store.artifact import Artifact
from model_store.errors import ArtifactRefused
from model_store.manifest import ModelFile
from model_store.verify import verify
from predictors.xgboost import UBJ_FILE, model_json, ubj
from predictors.xgboost import native_forest as predictor
from tests.fakes import artifacts
from tests.fakes.ubj import encode
from tests.unit.native import forests
from tests.unit.predictors.xgboost.test_structure import DAMAGES, chain, decoded, pruned, tree

SMALL = forests.model(rounds=1, max_depth=2)

# Sound, but of no form that the engine knows: left to XGBoost.
UNUSUAL = {
    "a member of a tree": (lambda model: tree(model).update(more=1), "tree 0 has a member that is not known"),
    "a member of the file": (lambda model: model.update(more=1), "a member that is not known"),
    "a member of the learner": (lambda model: model["learner"].update(more={}), "a member that is not known"),
    "a list where an array belongs": (
        lambda model: tree(model).update(left_children=list(tree(model)["left_children"])),
        "tree 0 has an array of another type",
    ),
    "the id of another tree": (lambda model: tree(model).update(id=3), "tree 0 has another id than its place"),
    "too deep": (chain(5_000), "tree 0 is deeper than 4,096 levels"),
    "no version": (lambda model: model.pop("version"), "lacks a member"),
    "an objective of its own": (
        lambda model: model["learner"]["objective"].update(name="mine"),
        "objective is not known",
    ),
    "an objective's parameter that XGBoost refuses": (
        lambda model: model["learner"]["objective"]["reg_loss_param"].update(scale_pos_weight="-1"),
        "a parameter that is not known, or beyond its bounds",
    ),
    "a base score of no probability": (
        lambda model: model["learner"]["learner_model_param"].update(base_score="[1.5E0]"),
        "base_score is not a number that the objective takes",
    ),
    "an empty list of rounds": (
        lambda model: model["learner"]["gradient_booster"]["model"].update(iteration_indptr=[]),
        "iteration_indptr is empty",
    ),
    "classes in another order, without the starts of the rounds": (
        lambda model: three_classes(model, [0, 2, 1]),
        "the classes of the trees are in another order",
    ),
}


def three_classes(model, order):
    """The model as one of three classes, a tree each, in a file of XGBoost before 2."""
    learner = model["learner"]
    learner["learner_model_param"]["num_class"] = "3"
    learner["objective"] = {"name": "multi:softprob", "softmax_multiclass_param": {"num_class": "3"}}
    trees = learner["gradient_booster"]["model"]
    del trees["iteration_indptr"]
    trees["trees"] = [trees["trees"][0] | {"id": number} for number in range(3)]
    trees["tree_info"], trees["gbtree_model_param"]["num_trees"] = order, "3"


def test_classes_in_order_need_no_starts_of_the_rounds(native):
    model = decoded()
    three_classes(model, [0, 1, 2])
    assert native.Forest(encode(model)).classes == 3


def test_rounds_that_end_before_the_first_tree_are_not_covered(native):
    """XGBoost takes their end, tree 0, for all trees."""
    model = decoded()
    trees = model["learner"]["gradient_booster"]["model"]
    trees["iteration_indptr"] = [0, *trees["iteration_indptr"]]
    raw = encode(model)
    with pytest.raises(native.NotCovered, match="no tree counts"):
        native.Forest(raw, 1)
    assert native.Forest(raw, 2).scores(bytes(20), 1) == native.Forest(encode(decoded()), 1).scores(bytes(20), 1)


@pytest.mark.parametrize(("change", "reason"), UNUSUAL.values(), ids=UNUSUAL.keys())
def test_what_is_unusual_is_not_covered(native, change, reason):
    model = decoded()
    change(model)
    with pytest.raises(native.NotCovered, match=reason):
        native.Forest(encode(model))


@pytest.mark.parametrize("damage", [damage for damage, _ in DAMAGES.values()], ids=DAMAGES.keys())
def test_what_the_exact_path_refuses_is_refused(monkeypatch, native, damage):
    original = artifacts.artifact()
    model = decoded()
    damage(model)
    try:
        raw = encode(model)
    except (TypeError, struct.error):
        pytest.skip("not to be written as UBJSON")
    artifact = Artifact(replace(original.manifest, file=ModelFile.of(raw, UBJ_FILE)), raw)
    for engine in (native, None):
        monkeypatch.setattr(predictor, "NATIVE", engine)
        with pytest.raises(ArtifactRefused) as caught:
            verify(artifact)
        assert caught.value.check == "structure"


def test_pruned_nodes_are_no_obstacle(native):
    assert native.Forest(encode(pruned())).columns == 5


@pytest.mark.parametrize("name", ["Größe", '"quoted" \\ \x01', "日本"])
def test_names_come_out_of_the_skeleton_as_they_went_in(native, name):
    model = decoded()
    model["learner"]["feature_names"][0] = name
    forest = native.Forest(encode(model))
    assert json.loads(forest.skeleton)["learner"]["feature_names"][0] == name


def test_a_name_that_is_no_utf8_is_refused_as_the_exact_path_does(native):
    model = decoded()
    model["learner"]["feature_names"][0] = "\ud800"
    forest = native.Forest(encode(model))
    with pytest.raises(ValueError, match="UTF-8"):
        model_json.decode(forest.skeleton)


def test_every_prefix_of_a_file_is_refused(native):
    for size in range(len(SMALL)):
        with pytest.raises(native.NotCovered):
            native.Forest(SMALL[:size])


def test_every_byte_may_be_another(native):
    """Refused, or scored: never a crash."""
    chance, rows = random.Random(1), forests.rows_for(SMALL, 70)
    loaded = 0
    for at in range(len(SMALL)):
        damaged = bytearray(SMALL)
        damaged[at] = chance.randrange(256)
        try:
            forest = native.Forest(bytes(damaged))
        except native.NotCovered:
            continue
        loaded += 1
        assert len(forest.scores(rows, 70)) == 70 * 4
    assert loaded > 50


@pytest.mark.parametrize("deep", [b"[" * 100_000, b"{i\x01a" * 100_000, b"{i\x07learner" * 40])
def test_nesting_is_bounded(native, deep):
    with pytest.raises(native.NotCovered):
        native.Forest(deep)


@pytest.mark.parametrize(
    "length", [b"L\x7f" + b"\xff" * 7, b"l\x7f\xff\xff\xff", b"L\x80" + b"\0" * 7, b"i\xff", b"d\0\0\0\0"]
)
def test_lengths_beyond_the_file_are_refused(native, length):
    for before in (b"{", b"{i\x07learner[$l#", b"{i\x07learner[$L#", b"{i\x07versionS", b"{i\x07version[#"):
        with pytest.raises(native.NotCovered):
            native.Forest(before + length + b"\0" * 40)


CATEGORICAL = forests.model(rounds=1, max_depth=3, categories=20, max_cat_to_onehot=1)


# Each of them XGBoost would take on trust.
CATEGORY_DAMAGES = {
    "a negative code": (lambda found: found["categories"].__setitem__(0, -1), "has a category beyond 0 to"),
    "a code beyond float32": (
        lambda found: found["categories"].__setitem__(0, 1 << 24),
        "has a category beyond 0 to",
    ),
    "a segment before the first": (lambda found: found["categories_segments"].__setitem__(0, -1), "or not there"),
    "a segment behind the last": (
        lambda found: found["categories_segments"].__setitem__(0, len(found["categories"])),
        "or not there",
    ),
    "a segment that wraps around": (
        lambda found: found["categories_segments"].__setitem__(0, 2**63 - 1),
        "or not there",
    ),
    "an empty segment": (lambda found: found["categories_sizes"].__setitem__(0, 0), "is empty, or not there"),
    "a negative size": (lambda found: found["categories_sizes"].__setitem__(0, -1), "is empty, or not there"),
    "a size of all bits": (lambda found: found["categories_sizes"].__setitem__(0, 2**63 - 1), "is empty, or not there"),
    "segments that overlap": (
        lambda found: found["categories_sizes"].__setitem__(0, len(found["categories"])),
        "is empty, or not there",
    ),
    "another node": (lambda found: found["categories_nodes"].__setitem__(0, 100), "other categories_nodes"),
    "a negative node": (lambda found: found["categories_nodes"].__setitem__(0, -1), "other categories_nodes"),
    "a node less": (lambda found: found["categories_nodes"].pop(), "other categories_nodes"),
    "a node more": (lambda found: found["categories_nodes"].append(0), "other categories_nodes"),
    "a start less": (lambda found: found["categories_segments"].pop(), "categories_segments or categories_sizes"),
    "a size less": (lambda found: found["categories_sizes"].pop(), "categories_segments or categories_sizes"),
    "no codes": (lambda found: found.update(categories=type(found["categories"])("i")), "without categories"),
    "a split of a kind that is not there": (
        lambda found: found["split_type"].__setitem__(0, 2),
        "split_type that is neither",
    ),
    "a split by threshold with a set": (lambda found: threshold(found), "other categories_nodes"),
}


def threshold(found):
    found["split_type"][found["categories_nodes"][0]] = 0


@pytest.mark.parametrize(("damage", "reason"), CATEGORY_DAMAGES.values(), ids=CATEGORY_DAMAGES.keys())
def test_damaged_splits_by_category_are_not_covered(native, damage, reason):
    model = ubj.decode(CATEGORICAL)
    damage(tree(model))
    with pytest.raises(native.NotCovered, match=reason):
        native.Forest(encode(model))


def test_every_byte_of_a_model_with_categories_may_be_another(native):
    """Refused, or scored: never a crash."""
    chance, rows = random.Random(2), forests.rows_for(CATEGORICAL, 70)
    loaded = 0
    for at in range(len(CATEGORICAL)):
        damaged = bytearray(CATEGORICAL)
        damaged[at] = chance.randrange(256)
        try:
            forest = native.Forest(bytes(damaged))
        except native.NotCovered:
            continue
        loaded += 1
        assert len(forest.scores(rows, 70)) == 70 * 4
    assert loaded > 50


def test_a_few_large_codes_do_not_make_a_forest_of_gigabytes(native):
    model = ubj.decode(forests.model(rounds=100, max_depth=3, categories=20, max_cat_to_onehot=1))
    for found in model["learner"]["gradient_booster"]["model"]["trees"]:
        for place in range(len(found["categories"])):
            found["categories"][place] = (1 << 24) - 1
    with pytest.raises(native.NotCovered, match="the sets of categories are too large"):
        native.Forest(encode(model))


WEIGHED = forests.model(rounds=3, max_depth=2, rate_drop=0.5)


@pytest.mark.parametrize(
    ("weights", "reason"),
    [
        ([1.0, 1.0], "weight_drop has another length"),
        ([1.0] * 4, "weight_drop has another length"),
        ([], "weight_drop has another length"),
        ([1.0, float("nan"), 1.0], "not finite"),
        ([3e38, 3e38, 3e38], "the leaves may add up to more than 1e38"),
    ],
)
def test_weights_that_are_no_weights_are_not_covered(native, weights, reason):
    model = ubj.decode(WEIGHED)
    model["learner"]["gradient_booster"]["model"]["weight_drop"] = weights
    with pytest.raises(native.NotCovered, match=reason):
        native.Forest(encode(model))
