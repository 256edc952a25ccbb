"""Structural check of a decoded XGBoost model, before XGBoost itself may load it.

XGBoost 3.2 dies with SIGSEGV on a child or split index out of range, on a cycle and on deep nesting, and a NaN
leaf predicts NaN without a word. Everything that its loader and predictor take on trust is checked here.
"""

from __future__ import annotations

import json
import math
from array import array

from predictors.xgboost import categories

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

ROOT_PARENT = 2**31 - 1
DELETED = 2**31 - 1  # in place of the feature
NO_CHILD = -1
NO_PARENT = -1  # of the root, where leaves are vectors
MAX_CATEGORY = 1 << 24  # float32 holds no larger code exactly
MAX_SCORE = 1e38  # of all trees' largest leaves together: float32 ends at 3.4e38, and a score beyond is infinite
MAX_TREE_DEPTH = 4096  # XGBoost walks a tree by recursion, and a million levels overflow the stack
LINEAR = "gblinear"
_INTEGERS = "bBhiq"  # types of an array
_PER_NODE = (
    "left_children", "right_children", "parents", "split_indices", "split_conditions", "default_left",
    "base_weights", "loss_changes", "sum_hessian",
)  # fmt: skip


class StructureError(ValueError):
    """The model's structure is not sound; the message says where and what was expected."""


def check(model: Any, *, features: Sequence[str], classes: int, objective: str | None, trees: bool = True) -> None:
    """Check a decoded model against the manifest's features, number of classes and objective.

    trees : False where the native loader has left them out, and has checked them by the same rules.
    Raises StructureError for the first fault found.
    """
    try:
        _check_learner(model["learner"], features, classes, objective, trees)
    except (KeyError, TypeError, IndexError, AttributeError, OverflowError, RecursionError) as error:
        raise StructureError(f"a member is missing or of the wrong type: {error!r}") from None
    except ValueError as error:
        raise error if isinstance(error, StructureError) else StructureError(str(error)) from None


def _check_learner(
    learner: Mapping[str, Any], features: Sequence[str], classes: int, objective: str | None, trees: bool
) -> None:
    _expect("objective", objective, learner["objective"]["name"])
    parameters = learner["learner_model_param"]
    if names := learner.get("feature_names"):
        _check_names(list(features), list(names))
    _expect("num_feature", len(features), _count(parameters, "num_feature"))
    targets, groups = max(1, _count(parameters, "num_target", "1")), max(1, _count(parameters, "num_class"))
    if targets > 1:
        _expect("num_class of a model with several targets", 1, groups)
        groups = targets
    _expect("number of scores a row", classes, groups)
    base = _check_base_score(parameters["base_score"], groups)
    booster = learner["gradient_booster"]
    if booster["name"] == LINEAR:
        _check_weights(booster["model"], len(features), groups)
        return
    weights = []
    if booster["name"] == "dart":  # until XGBoost 3.3; since then gbtree, with the weights inside its model
        weights, booster = [booster["weight_drop"]], booster["gbtree"]
    elif booster["name"] != "gbtree":
        raise StructureError(f"booster: expected gbtree, dart or gblinear, got {booster['name']!r}")
    categories.names(booster["model"].get("cats", {}), len(features))
    if not trees:
        return
    _check_forest(booster["model"], len(features), groups)
    if inner := booster["model"].get("weight_drop"):
        weights.append(inner)
    _check_sums(booster["model"]["trees"], weights, base)


def _check_weights(model: Mapping[str, Any], features: int, groups: int) -> None:
    """Of a linear model: one for each feature and score, then the intercepts. XGBoost takes their number on trust."""
    weights = model["weights"]
    _expect("length of weights", (features + 1) * groups, len(weights))
    if any(type(weight) not in (int, float) for weight in weights):
        raise StructureError("weights: expected numbers")
    _finite("weights", weights)
    if max(map(abs, weights), default=0.0) > MAX_SCORE:
        raise StructureError(f"weights: expected at most {MAX_SCORE:g}")


def _check_names(expected: list[str], found: list[str]) -> None:
    """Columns in another order score without an error, and wrong."""
    if found == expected:
        return
    if sorted(found) == sorted(expected):
        at = next(i for i, pair in enumerate(zip(expected, found, strict=True)) if pair[0] != pair[1])
        raise StructureError(
            f"feature names: expected the manifest's order, got the same names in another: column {at} is "
            f"{expected[at]!r} in the manifest and {found[at]!r} in the model"
        )
    only = {"manifest": set(expected) - set(found), "model": set(found) - set(expected)}
    differences = [f"only in the {where}: {', '.join(sorted(names))}" for where, names in only.items() if names]
    raise StructureError(f"feature names: expected the manifest's, got others; {'; '.join(differences) or 'one twice'}")


def _check_sums(trees: Sequence[Mapping[str, Any]], weights: Sequence[Sequence[float]], base: float) -> None:
    """Whatever way a row takes through the trees, their sum stays finite; golden rows try a few ways only."""
    leaves = [_largest_leaf(tree) for tree in trees]
    for drop in weights:
        _expect("length of weight_drop", len(trees), len(drop))
        _finite("weight_drop", drop)
    for factors in weights or [[1.0] * len(trees)]:
        total = base + sum(abs(factor) * leaf for factor, leaf in zip(factors, leaves, strict=True))
        if total > MAX_SCORE:
            raise StructureError(f"leaves: expected sums of at most {MAX_SCORE:g}, got {total:g}")


def _largest_leaf(tree: Mapping[str, Any]) -> float:
    if _leaf_size(tree) > 1:
        return max(abs(float(value)) for value in tree["leaf_weights"])
    nodes = zip(tree["split_conditions"], tree["left_children"], strict=True)
    return max(abs(float(value)) for value, left in nodes if left == NO_CHILD)


def _check_base_score(text: str, groups: int) -> float:
    """The largest base score. XGBoost writes one number, or since 3.1 an array with one or one for each class."""
    scores = json.loads(text) if text.startswith("[") else [float(text)]
    if len(scores) not in (1, groups):
        raise StructureError(f"base_score: expected 1 or {groups} numbers, got {len(scores)}")
    _finite("base_score", scores)
    return max(abs(float(score)) for score in scores)


def _check_forest(model: Mapping[str, Any], features: int, groups: int) -> None:
    """Trees that add to one score each; or, all of them, trees whose leaves are vectors of all scores."""
    trees, info, starts = model["trees"], model["tree_info"], list(model.get("iteration_indptr", []))
    _expect("num_trees", len(trees), _count(model["gbtree_model_param"], "num_trees"))
    _expect("length of tree_info", len(trees), len(info))
    _within("tree_info", info, 0, groups)
    if starts and (starts[0] != 0 or starts[-1] != len(trees) or starts != sorted(starts)):
        raise StructureError(f"iteration_indptr: expected to rise from 0 to {len(trees)}")
    vectors = any(_leaf_size(tree) > 1 for tree in trees)
    if vectors and not starts:
        raise StructureError("iteration_indptr: expected one where leaves are vectors")
    for number, tree in enumerate(trees):
        try:
            _expect("size_leaf_vector", groups if vectors else 1, _leaf_size(tree))
            _check_tree(tree, features)
        except StructureError as error:
            raise StructureError(f"tree {number}: {error}") from None


def _leaf_size(tree: Mapping[str, Any]) -> int:
    """Scores to which a leaf adds."""
    return max(1, _count(tree["tree_param"], "size_leaf_vector", "1"))


def _check_tree(tree: Mapping[str, Any], features: int) -> None:
    parameters = tree["tree_param"]
    nodes, size = _count(parameters, "num_nodes"), _leaf_size(tree)
    _expect("num_feature", features, _count(parameters, "num_feature"))
    if nodes < 1:
        raise StructureError("num_nodes: expected at least 1")
    for key in _PER_NODE:
        _expect(f"length of {key}", nodes * size if key == "base_weights" else nodes, len(tree[key]))
    if size > 1:
        _check_vectors(tree, size)
    for key in ("base_weights", "loss_changes", "sum_hessian"):
        _finite(key, tree[key])
    _finite("split_conditions", _conditions(tree))
    _within("default_left", tree["default_left"], 0, 2)
    reached = _check_links(tree, nodes, vectors=size > 1)
    _check_split_indices(tree, features, reached)
    _check_categories(tree, nodes)


def _check_vectors(tree: Mapping[str, Any], size: int) -> None:
    """Of leaves: `right_children` has the number of a leaf's vector."""
    if "leaf_weights" not in tree:
        raise StructureError(
            "leaves are vectors as an earlier XGBoost wrote them, at which 3.4 crashes: train again with it, or "
            "with multi_strategy='one_output_per_tree'"
        )
    numbers = [
        right for left, right in zip(tree["left_children"], tree["right_children"], strict=True) if left == NO_CHILD
    ]
    _expect("length of leaf_weights", len(numbers) * size, len(tree["leaf_weights"]))
    _within("right_children of leaves", numbers, 0, len(numbers))
    _finite("leaf_weights", tree["leaf_weights"])


def _conditions(tree: Mapping[str, Any]) -> Sequence[float]:
    """Thresholds and leaves. What a split by category has instead is NaN before XGBoost 3.1, and never read."""
    conditions, types, left = tree["split_conditions"], tree.get("split_type", ()), tree["left_children"]
    if not any(types):
        return conditions  # type: ignore[no-any-return]
    _expect("length of split_type", len(conditions), len(types))
    rows = zip(conditions, types, left, strict=True)
    return [condition for condition, kind, child in rows if kind != 1 or child == NO_CHILD]


def _check_split_indices(tree: Mapping[str, Any], features: int, reached: Sequence[int]) -> None:
    """Of a feature that is there. A node that was pruned away (tree_method exact does) stays in the file, marked."""
    indices = tree["split_indices"]
    deleted = [node for node, index in enumerate(indices) if index == DELETED]
    if deleted:
        _expect("num_deleted", len(deleted), _count(tree["tree_param"], "num_deleted"))
        indices = [index for index in indices if index != DELETED]
    _within("split_indices", indices, 0, features)
    for node in deleted:
        if reached[node]:
            raise StructureError(f"node {node} is marked as deleted: expected no way from the root to it")


def _check_links(tree: Mapping[str, Any], nodes: int, *, vectors: bool) -> bytearray:
    """Every node that the root leads to is reached once: no cycle, no shared child, no child out of range.

    Returns which nodes those are. XGBoost's loader looks up the parents of the others too. Unless leaves are vectors,
    it takes a right child to be the node after the left one, whatever the file says, and scores wrong or without end.
    """
    left, right, parents = tree["left_children"], tree["right_children"], tree["parents"]
    _expect("parent of the root", NO_PARENT if vectors else ROOT_PARENT, parents[0])
    _within("parents", parents[1:], 0, nodes)
    seen, stack = bytearray(nodes), [(0, 0)]
    seen[0] = 1
    while stack:
        node, depth = stack.pop()
        if depth > MAX_TREE_DEPTH:
            raise StructureError(f"depth: expected at most {MAX_TREE_DEPTH} levels, got more at node {node}")
        if left[node] == NO_CHILD and (vectors or right[node] == NO_CHILD):
            continue
        for child in (left[node], right[node]):
            if not 0 < child < nodes:
                raise StructureError(f"child of node {node}: expected 1 to {nodes - 1}, got {child}")
            if seen[child]:
                raise StructureError(f"node {child} is reached twice: expected a tree")
            if parents[child] != node:
                raise StructureError(f"parent of node {child}: expected {node}, got {parents[child]}")
            seen[child] = 1
            stack.append((child, depth + 1))
        if not vectors and right[node] != left[node] + 1:
            raise StructureError(
                f"right child of node {node}: expected {left[node] + 1}, the node after the left one, got {right[node]}"
            )
    return seen


def _check_categories(tree: Mapping[str, Any], nodes: int) -> None:
    """Categorical splits: each node's categories are in one segment of one shared array."""
    split_types = tree.get("split_type")
    if not split_types or not any(split_types):
        return
    _expect("length of split_type", nodes, len(split_types))
    _within("split_type", split_types, 0, 2)
    owners, categories = list(tree["categories_nodes"]), tree["categories"]
    starts, sizes = tree["categories_segments"], tree["categories_sizes"]
    left = tree["left_children"]
    expected = [node for node in range(nodes) if split_types[node] == 1 and left[node] != NO_CHILD]
    _expect("categories_nodes", expected, owners)
    _expect("length of categories_segments", len(owners), len(starts))
    _expect("length of categories_sizes", len(owners), len(sizes))
    _within("categories", categories, 0, MAX_CATEGORY)
    for start, size in zip(starts, sizes, strict=True):
        if start < 0 or size < 0 or start + size > len(categories):
            raise StructureError(f"categories: expected a segment within {len(categories)} entries")


def _expect(what: str, expected: Any, found: Any) -> None:
    if expected != found:
        raise StructureError(f"{what}: expected {expected}, got {found}")


def _count(parameters: Mapping[str, Any], key: str, default: str | None = None) -> int:
    """A parameter that is text in the file. Digits only: `int` also reads "-1" and "1_0", XGBoost something else."""
    text = parameters[key] if default is None else parameters.get(key, default)
    if not (text.isascii() and text.isdigit()):
        raise StructureError(f"{key}: expected digits, got {text!r}")
    return int(text)


def _within(what: str, values: Iterable[int], low: int, high: int) -> None:
    """All of `values` are integers, at least `low` and below `high`."""
    typed = isinstance(values, array) and values.typecode in _INTEGERS
    if typed and values and low <= min(values) <= max(values) < high:
        return  # the usual case, and ten times faster than to look at each
    for value in values:
        if type(value) is not int or not low <= value < high:
            raise StructureError(f"{what}: expected integers from {low} to {high - 1}, got {value!r}")


def _finite(what: str, values: Sequence[float]) -> None:
    if not all(map(math.isfinite, values)):
        wrong = next(value for value in values if not math.isfinite(value))
        raise StructureError(f"{what}: expected finite numbers, got {wrong}")
