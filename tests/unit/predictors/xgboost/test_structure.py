import copy
import json
import math
from array import array
from functools import cache

import numpy as np
import pytest
import xgboost as xgb

from predictors.xgboost import structure, ubj
from predictors.xgboost.structure import DELETED, MAX_CATEGORY, MAX_TREE_DEPTH, StructureError
from tests.fakes import artifacts


def decoded(kind="binary"):
    return copy.deepcopy(ubj.decode(artifacts.artifact(kind).model))


def check(model, kind="binary", **expected):
    manifest = artifacts.artifact(kind).manifest
    arguments = {"features": artifacts.NAMES, "classes": manifest.output.width, "objective": manifest.objective}
    structure.check(model, **(arguments | expected))


def forest(model):
    booster = model["learner"]["gradient_booster"]
    return booster.get("gbtree", booster)["model"]


def tree(model, number=0):
    return forest(model)["trees"][number]


def leaf(model):
    return list(tree(model)["left_children"]).index(-1)


@pytest.mark.parametrize("kind", artifacts.KINDS)
def test_every_kind_of_model_is_sound(kind):
    check(decoded(kind), kind)


@pytest.mark.parametrize("kind", artifacts.KINDS)
def test_the_json_model_is_sound_too(kind):
    check(json.loads(artifacts.booster(kind).save_raw("json")), kind)


def as_older_dart(model, weights):
    """As XGBoost wrote it before 3.4: a booster of its own around gbtree."""
    inner = model["learner"]["gradient_booster"]
    inner["model"].pop("weight_drop")
    model["learner"]["gradient_booster"] = {"name": "dart", "gbtree": inner, "weight_drop": weights}
    return model


def test_the_older_form_of_dart_is_sound():
    check(as_older_dart(decoded("dart"), [0.5] * 8), "dart")


def put(key, index, value):
    """Damage one entry of one array of the first tree; a float index stands for the first leaf."""

    def damage(model):
        items = tree(model)[key]
        at = leaf(model) if index is None else index
        items = list(items)
        items[at] = value
        tree(model)[key] = items

    return damage


def learner(path, value):
    """Damage one member of the learner."""

    def damage(model):
        *way, last = path.split(".")
        target = model["learner"]
        for key in way:
            target = target[key]
        if value is KeyError:
            del target[last]
        else:
            target[last] = value

    return damage


def forested(key, value):
    def damage(model):
        forest(model)[key] = value(forest(model)[key]) if callable(value) else value

    return damage


def parameter(key, value):
    def damage(model):
        tree(model)["tree_param"][key] = value

    return damage


def shortened(key):
    def damage(model):
        tree(model)[key] = tree(model)[key][:-1]

    return damage


def lengthened(key):
    def damage(model):
        tree(model)[key] = tree(model)[key] + tree(model)[key][:1]

    return damage


def removed(key):
    def damage(model):
        del tree(model)[key]

    return damage


def chain(levels):
    """A tree that goes down to the right, `levels` splits deep, as the first tree of a model."""

    def damage(model):
        nodes = 2 * levels + 1
        splits = range(0, nodes - 1, 2)
        left, right, parents = [array("i", [-1] * nodes) for _ in range(3)]
        for node in splits:
            left[node], right[node] = node + 1, node + 2
            parents[node + 1] = parents[node + 2] = node
        parents[0] = structure.ROOT_PARENT
        changed = {"left_children": left, "right_children": right, "parents": parents}
        for key in ("split_conditions", "base_weights", "loss_changes", "sum_hessian"):
            changed[key] = array("f", bytes(4 * nodes))
        changed["split_indices"] = array("i", bytes(4 * nodes))
        changed["default_left"] = changed["split_type"] = array("B", bytes(nodes))
        tree(model).update(changed)
        tree(model)["tree_param"]["num_nodes"] = str(nodes)

    return damage


def renumbered(model):
    """The first tree with its nodes in depth-first order: the same tree, but siblings are no neighbours."""
    first, order, stack = tree(model), [], [0]
    left, right = list(first["left_children"]), list(first["right_children"])
    while stack:
        order.append(node := stack.pop())
        stack += [] if left[node] == -1 else [right[node], left[node]]
    place = {node: number for number, node in enumerate(order)} | {-1: -1, structure.ROOT_PARENT: structure.ROOT_PARENT}
    for key in PER_NODE:
        values = [first[key][node] for node in order]
        links = key in ("left_children", "right_children", "parents")
        first[key] = array(first[key].typecode, [place[value] for value in values] if links else values)


PER_NODE = [
    "left_children", "right_children", "parents", "split_indices", "split_conditions", "default_left",
    "base_weights", "loss_changes", "sum_hessian",
]  # fmt: skip

DAMAGES = {
    "left child out of range": (put("left_children", 0, 99), "child of node 0"),
    "left child beyond by one": (put("left_children", 0, 15), "child of node 0"),
    "right child out of range": (put("right_children", 0, 2**31 - 1), "child of node 0"),
    "negative child": (put("right_children", 0, -5), "child of node 0"),
    "one child only": (put("left_children", 0, -1), "child of node 0"),
    "leaf with one child": (put("right_children", None, 1), "child of node"),
    "node is its own child": (put("left_children", 0, 0), "child of node 0"),
    "cycle": (put("left_children", 1, 1), "reached twice"),
    "shared child": (put("left_children", 0, 2), "reached twice|parent of node 2"),
    "child is a fraction": (put("left_children", 0, 1.5), "."),
    "child is text": (put("left_children", 0, "1"), "."),
    "parent of the root": (put("parents", 0, 0), "parent of the root"),
    "parent of another": (put("parents", 1, 2), "parent of node 1"),
    "split index out of range": (put("split_indices", 0, 5), "split_indices"),
    "split index of a leaf out of range": (put("split_indices", None, 10**6), "split_indices"),
    "negative split index": (put("split_indices", 0, -1), "split_indices"),
    "NaN leaf": (put("split_conditions", None, math.nan), "split_conditions: expected finite"),
    "infinite leaf": (put("split_conditions", None, math.inf), "split_conditions: expected finite"),
    "NaN threshold": (put("split_conditions", 0, math.nan), "split_conditions: expected finite"),
    "NaN weight": (put("base_weights", 0, math.nan), "base_weights"),
    "infinite gain": (put("loss_changes", 0, -math.inf), "loss_changes"),
    "NaN cover": (put("sum_hessian", 0, math.nan), "sum_hessian"),
    "default direction": (put("default_left", 0, 2), "default_left"),
    "unknown split type": (put("split_type", 0, 2), "split_type"),
    "split type is true": (put("split_type", 0, True), "split_type"),
    "categorical split without categories": (put("split_type", 0, 1), "categories_nodes"),
    "no nodes": (parameter("num_nodes", "0"), "at least 1"),
    "more nodes than there are": (parameter("num_nodes", "99"), "length of"),
    "fewer nodes than there are": (parameter("num_nodes", "1"), "length of"),
    "negative number of nodes": (parameter("num_nodes", "-1"), "num_nodes: expected digits"),
    "number of nodes with a line": (parameter("num_nodes", "1_5"), "num_nodes: expected digits"),
    "number of nodes with a space": (parameter("num_nodes", " 15"), "num_nodes: expected digits"),
    "number of nodes in other digits": (parameter("num_nodes", "١٥"), "num_nodes: expected digits"),
    "number of nodes is a number": (parameter("num_nodes", 15), "."),
    "negative leaf vector": (parameter("size_leaf_vector", "-1"), "size_leaf_vector"),
    "vector leaves": (parameter("size_leaf_vector", "3"), "size_leaf_vector: expected 1, got 3"),
    "features of a tree": (parameter("num_feature", "6"), "num_feature"),
    "siblings that are no neighbours": (renumbered, "right child of node 0: expected 2, the node after the left one"),
    "a tree too deep": (chain(MAX_TREE_DEPTH + 1), "depth"),
    "objective": (learner("objective.name", "reg:squarederror"), "objective: expected binary:logistic"),
    "no objective": (learner("objective", KeyError), "missing or of the wrong type"),
    "number of features": (learner("learner_model_param.num_feature", "6"), "num_feature: expected 5, got 6"),
    "number of classes": (learner("learner_model_param.num_class", "3"), "number of scores a row: expected 1, got 3"),
    "several targets": (learner("learner_model_param.num_target", "2"), "number of scores a row: expected 1, got 2"),
    "NaN base score": (learner("learner_model_param.base_score", "[nan]"), "."),
    "NaN base score, as JSON": (learner("learner_model_param.base_score", "[NaN]"), "base_score: expected finite"),
    "base score beyond float32": (learner("learner_model_param.base_score", "[3E38]"), "leaves: expected sums"),
    "infinite base score": (learner("learner_model_param.base_score", "inf"), "base_score: expected finite"),
    "too many base scores": (learner("learner_model_param.base_score", "[0.5,0.5]"), "base_score: expected 1 or 1"),
    "no base score": (learner("learner_model_param.base_score", "[]"), "base_score: expected 1 or 1"),
    "base score is text": (learner("learner_model_param.base_score", '["a"]'), "."),
    "base score nested deep": (learner("learner_model_param.base_score", "[" * 100_000), "."),
    "feature names": (learner("feature_names", ["a", "b", "c", "d", "e"]), "feature names"),
    "order of the features": (learner("feature_names", artifacts.NAMES[::-1]), "feature names"),
    "booster": (learner("gradient_booster.name", "gbforest"), "expected gbtree, dart or gblinear"),
    "no trees": (learner("gradient_booster.model", KeyError), "missing or of the wrong type"),
    "trees are an object": (forested("trees", {}), "."),
    "a tree is missing": (forested("trees", lambda trees: trees[:-1]), "num_trees"),
    "tree_info too short": (forested("tree_info", lambda info: list(info)[:-1]), "length of tree_info"),
    "tree of a class that is not there": (forested("tree_info", [0] * 7 + [1]), "tree_info"),
    "tree of a negative class": (forested("tree_info", [-1] + [0] * 7), "tree_info"),
    "iterations start late": (forested("iteration_indptr", list(range(1, 9))), "iteration_indptr"),
    "iterations end early": (forested("iteration_indptr", list(range(8))), "iteration_indptr"),
    "iterations fall": (forested("iteration_indptr", [0, 2, 1, 3, 4, 5, 6, 7, 8]), "iteration_indptr"),
    "categories of one feature only": (
        forested("cats", {"enc": [{}], "feature_segments": [0, 1]}),
        "cats: expected an",
    ),
    "a linear model": (learner("gradient_booster.name", "gblinear"), "KeyError..weights"),
    "the learner is missing": (lambda model: model.pop("learner"), "missing or of the wrong type"),
    "the learner is text": (lambda model: model.update(learner="x"), "missing or of the wrong type"),
    **{f"{key} too short": (shortened(key), f"length of {key}") for key in PER_NODE},
    **{f"{key} too long": (lengthened(key), f"length of {key}") for key in PER_NODE},
    **{f"{key} is missing": (removed(key), "missing or of the wrong type") for key in PER_NODE},
}


@pytest.mark.parametrize(("damage", "message"), DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_model_is_refused(damage, message):
    model = decoded()
    damage(model)
    with pytest.raises(StructureError, match=message):
        check(model)


def with_leaves(model, value, trees):
    for number in trees:
        one = tree(model, number)
        one["split_conditions"] = array(
            "f",
            (value if left == -1 else v for v, left in zip(one["split_conditions"], one["left_children"], strict=True)),
        )
    return model


@pytest.mark.parametrize(("leaf", "trees", "base"), [(3e38, [0], "0"), (-6e37, [2, 5], "0"), (6e37, [1], "[-6E37]")])
def test_leaves_whose_sum_may_leave_float32_are_refused(leaf, trees, base):
    model = with_leaves(decoded("regression"), leaf, trees)
    model["learner"]["learner_model_param"]["base_score"] = base
    with pytest.raises(StructureError, match=r"leaves: expected sums of at most 1e\+38, got"):
        check(model, "regression")


def test_leaves_below_that_are_sound_and_large_thresholds_are_no_leaves():
    model = with_leaves(decoded("regression"), 1e36, range(8))
    tree(model)["split_conditions"][0] = 3e38
    check(model, "regression")


@pytest.mark.parametrize("older", [False, True], ids=["since 3.4", "older"])
def test_the_weights_of_dart_count_in_the_sum(older):
    weights = [1.0] * 7 + [-1e30]
    model = with_leaves(decoded("dart"), 1e10, [7])
    if older:
        as_older_dart(model, weights)
    else:
        forest(model)["weight_drop"] = weights
    with pytest.raises(StructureError, match="leaves"):
        check(model, "dart")


def test_a_fault_names_its_tree():
    model = decoded()
    tree(model, 5)["split_indices"][0] = 99
    with pytest.raises(StructureError, match=r"^tree 5: split_indices"):
        check(model)


def test_a_tree_of_the_greatest_depth_is_sound():
    model = decoded()
    chain(MAX_TREE_DEPTH)(model)
    check(model)


@pytest.mark.parametrize("value", [None, [], {}, 3, "x", [[]]], ids=repr)
def test_what_is_no_model_at_all_is_refused(value):
    with pytest.raises(StructureError):
        check(value)


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({"features": artifacts.NAMES[:-1]}, "feature names: .* only in the model: referrer"),
        ({"features": [*artifacts.NAMES, "new"]}, "feature names: .* only in the manifest: new"),
        (
            {"features": ["x", *artifacts.NAMES[1:]]},
            "feature names: .* only in the manifest: x; only in the model: pages",
        ),
        (
            {"features": [*artifacts.NAMES[:2], *artifacts.NAMES[:1:-1]]},
            "feature names: .* in another: column 2 is 'referrer' in the manifest and 'returning' in the model",
        ),
        ({"classes": 3}, "number of scores a row: expected 3, got 1"),
        ({"objective": "reg:squarederror"}, "objective"),
    ],
)
def test_a_model_that_is_not_the_manifests_is_refused(expected, message):
    with pytest.raises(StructureError, match=message):
        check(decoded(), **expected)


def test_a_model_without_feature_names_is_taken_by_their_number():
    model = decoded()
    model["learner"]["feature_names"] = []
    check(model, features=["v", "w", "x", "y", "z"])
    with pytest.raises(StructureError, match="num_feature: expected 4, got 5"):
        check(model, features=["w", "x", "y", "z"])


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("categories_nodes", lambda old: old[:-1], "categories_nodes"),
        ("categories_nodes", lambda old: [99, *old[1:]], "categories_nodes"),
        ("categories_segments", lambda old: old[:-1], "length of categories_segments"),
        ("categories_segments", lambda old: [10**6, *old[1:]], "expected a segment within"),
        ("categories_segments", lambda old: [-1, *old[1:]], "expected a segment within"),
        ("categories_sizes", lambda old: old[:-1], "length of categories_sizes"),
        ("categories_sizes", lambda old: [10**6, *old[1:]], "expected a segment within"),
        ("categories_sizes", lambda old: [-1, *old[1:]], "expected a segment within"),
        ("categories", lambda old: [-1, *old[1:]], "categories: expected integers"),
        ("categories", lambda old: [MAX_CATEGORY, *old[1:]], "categories: expected integers"),
        ("split_type", lambda old: old[:-1], "length of split_type"),
    ],
)
def test_a_damaged_categorical_split_is_refused(key, value, message):
    model = decoded("categorical")
    number = next(i for i, one in enumerate(forest(model)["trees"]) if any(one["split_type"]))
    tree(model, number)[key] = value(list(tree(model, number)[key]))
    with pytest.raises(StructureError, match=message):
        check(model, "categorical")


def test_a_split_by_category_has_no_threshold():
    """Before XGBoost 3.1 there is NaN in its place, which nothing reads; that of any other node is read."""
    model = decoded("categorical")
    number = next(i for i, one in enumerate(forest(model)["trees"]) if any(one["split_type"]))
    damaged = tree(model, number)
    conditions, types = damaged["split_conditions"], list(damaged["split_type"])
    conditions[types.index(1)] = math.nan
    check(model, "categorical")
    conditions[list(damaged["left_children"]).index(-1)] = math.nan
    with pytest.raises(StructureError, match="split_conditions: expected finite"):
        check(model, "categorical")


@pytest.mark.parametrize("weights", [[0.5] * 7, [0.5] * 9, [math.nan] * 8, [math.inf] * 8, ["x"] * 8], ids=repr)
@pytest.mark.parametrize("older", [False, True], ids=["since 3.4", "older"])
def test_damaged_weights_of_dart_are_refused(weights, older):
    model = decoded("dart")
    if older:
        as_older_dart(model, weights)
    else:
        assert len(forest(model)["weight_drop"]) == 8
        forest(model)["weight_drop"] = weights
    with pytest.raises(StructureError, match=r"weight_drop|wrong type"):
        check(model, "dart")


def pruned():
    """A model of which XGBoost has pruned away nodes, and left them in the file."""
    random = np.random.default_rng(0)
    matrix = random.random((2_000, 5), np.float32)
    data = xgb.DMatrix(matrix, matrix[:, 0] + random.random(2_000), feature_names=artifacts.NAMES)
    booster = xgb.train({"tree_method": "exact", "gamma": 1.0, "nthread": 1}, data, 2)
    return ubj.decode(bytes(booster.save_raw("ubj")))


def deleted(model):
    return list(tree(model)["split_indices"]).index(DELETED)


def test_a_pruned_model_is_sound():
    """tree_method exact with gamma: such files were refused once."""
    model = pruned()
    assert int(tree(model)["tree_param"]["num_deleted"]) > 10
    check(model, "regression")


@pytest.mark.parametrize("parent", [-1, 10**9, 2**31 - 1])
def test_a_parent_that_is_not_there_is_refused_of_deleted_nodes_too(parent):
    """XGBoost's loader looks it up, and dies with SIGSEGV."""
    model = pruned()
    tree(model)["parents"][deleted(model)] = parent
    with pytest.raises(StructureError, match="parents: expected integers from 0"):
        check(model, "regression")


def test_another_number_of_deleted_nodes_is_refused():
    model = pruned()
    tree(model)["tree_param"]["num_deleted"] = "1"
    with pytest.raises(StructureError, match="num_deleted: expected"):
        check(model, "regression")


def test_a_deleted_node_that_is_reached_is_refused():
    model = pruned()
    one = tree(model)
    one["split_indices"][1] = DELETED
    one["tree_param"]["num_deleted"] = str(list(one["split_indices"]).count(DELETED))
    with pytest.raises(StructureError, match="node 1 is marked as deleted"):
        check(model, "regression")


@cache
def vectors():
    """A model with three scores a leaf."""
    rows = artifacts.matrix(400)
    truth = np.nan_to_num(rows[:, :3])
    data = xgb.DMatrix(rows, truth, feature_names=artifacts.NAMES)
    parameters = {"multi_strategy": "multi_output_tree", "max_depth": 3, "nthread": 1}
    return ubj.decode(bytes(xgb.train(parameters, data, 2).save_raw("ubj")))


def check_vectors(model):
    structure.check(model, features=artifacts.NAMES, classes=3, objective="reg:squarederror")


def test_leaves_that_are_vectors_are_sound():
    check_vectors(vectors())


def leaf_put(key, value):
    def damage(model):
        tree(model)[key][leaf(model)] = value

    return damage


VECTOR_DAMAGES = {
    "number of a leaf out of range": (
        leaf_put("right_children", 99),
        "right_children of leaves: expected integers from",
    ),
    "negative number of a leaf": (leaf_put("right_children", -1), "right_children of leaves"),
    "leaf weights too short": (shortened("leaf_weights"), "length of leaf_weights"),
    "leaf weights too long": (lengthened("leaf_weights"), "length of leaf_weights"),
    "as an earlier XGBoost wrote them": (
        removed("leaf_weights"),
        "as an earlier XGBoost wrote them, at which 3.4",
    ),
    "base weights of one score": (parameter("size_leaf_vector", "1"), "size_leaf_vector: expected 3, got 1"),
    "of two scores": (parameter("size_leaf_vector", "2"), "size_leaf_vector: expected 3, got 2"),
    "NaN leaf": (put("leaf_weights", 0, math.nan), "leaf_weights: expected finite"),
    "leaves beyond float32": (put("leaf_weights", 0, 3e38), "leaves: expected sums"),
    "parent of the root": (put("parents", 0, structure.ROOT_PARENT), "parent of the root: expected -1"),
    "cycle": (put("left_children", 1, 1), "reached twice"),
    "no rounds": (forested("iteration_indptr", []), "iteration_indptr: expected one where leaves are vectors"),
    **{f"{key} too short": (shortened(key), f"length of {key}") for key in PER_NODE},
}


@pytest.mark.parametrize(("damage", "message"), VECTOR_DAMAGES.values(), ids=VECTOR_DAMAGES.keys())
def test_damaged_vectors_are_refused(damage, message):
    model = copy.deepcopy(vectors())
    damage(model)
    with pytest.raises(StructureError, match=message):
        check_vectors(model)
