"""From a LightGBM model to the same trees in XGBoost's format, which the native engine scores.

Every row of finite float32 values, with NaN for what is missing, comes to the same leaf of each tree:

- LightGBM goes left where `value <= threshold`, in float64. XGBoost goes left where `value < threshold`, in float32:
  with the smallest float32 above LightGBM's threshold both are the same.
- LightGBM takes values within ±1e-35 for 0.
- A missing value goes in the split's default direction where the split's missing type is NaN or Zero, and where 0 goes
  where it is None. With Zero, 0 goes in the default direction too: as XGBoost cannot express this, 0 counts as missing
  for such a feature (`zero_is_missing`), in the manifest.
- In a split by category, the categories of the set go left, and all others and missing values right; in XGBoost those
  of the set go right. The two sides change places.

What is added up are float32 leaves, in the order of the trees, where LightGBM adds float64: scores differ by rounding.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import xgboost as xgb

from millrace.model.lightgbm_file import (
    CATEGORICAL,
    DEFAULT_LEFT,
    MISSING_MASK,
    MISSING_NAN,
    MISSING_NONE,
    MISSING_SHIFT,
    MISSING_ZERO,
    TextModel,
    TextTree,
)
from predictors.xgboost.structure import MAX_CATEGORY, MAX_SCORE, NO_CHILD, ROOT_PARENT

# Python's floats, as numpy would round a threshold to float32 to compare it with one.
ZERO = float(np.float32(1e-35))  # LightGBM's kZeroThreshold: values up to it, of either sign, are 0
LARGEST = float(np.finfo(np.float32).max)

# XGBoost's objective with the same function from raw scores to scores, and the member that its loader wants.
_OBJECTIVES: dict[str, tuple[str, dict[str, Any]]] = {
    "regression": ("reg:squarederror", {"reg_loss_param": {"scale_pos_weight": "1"}}),
    "regression_l1": ("reg:absoluteerror", {}),
    "huber": ("reg:pseudohubererror", {"pseudo_huber_param": {"huber_slope": "1"}}),
    "fair": ("reg:pseudohubererror", {"pseudo_huber_param": {"huber_slope": "1"}}),
    "quantile": ("reg:quantileerror", {"quantile_loss_param": {"quantile_alpha": "[0.5]"}}),
    "mape": ("reg:absoluteerror", {}),
    "poisson": ("count:poisson", {"poisson_regression_param": {"max_delta_step": "0.7"}}),
    "gamma": ("reg:gamma", {}),
    "tweedie": ("reg:tweedie", {"tweedie_regression_param": {"tweedie_variance_power": "1.5"}}),
    "binary": ("binary:logistic", {"reg_loss_param": {"scale_pos_weight": "1"}}),
    "cross_entropy": ("reg:logistic", {"reg_loss_param": {"scale_pos_weight": "1"}}),
    "multiclass": ("multi:softprob", {"softmax_multiclass_param": {}}),
    "multiclassova": ("binary:logistic", {"reg_loss_param": {"scale_pos_weight": "1"}}),
    "lambdarank": ("rank:ndcg", {"lambdarank_param": {}}),
    "rank_xendcg": ("rank:ndcg", {"lambdarank_param": {}}),
}
# The base score whose raw score is 0: all that LightGBM adds is in its leaves.
_NEUTRAL = {
    "binary:logistic": "5E-1",
    "reg:logistic": "5E-1",
    "count:poisson": "1E0",
    "reg:gamma": "1E0",
    "reg:tweedie": "1E0",
}
_SQUARE_ROOT = "sqrt"


def zero_is_missing(model: TextModel) -> tuple[int, ...]:
    """The features for which 0 has to count as missing. Raises ValueError where it cannot in every tree."""
    contrary, bound = set[int](), set[int]()
    for feature, missing_type, contradicts in _zeros(model.trees):
        if missing_type == MISSING_ZERO and contradicts:
            contrary.add(feature)
        if missing_type == MISSING_NAN and contradicts:
            bound.add(feature)
    if both := sorted(contrary & bound):
        name = model.names[both[0]] if model.names else f"number {both[0]}"
        raise ValueError(
            f"feature {name}: expected 0 to count as missing in all trees or in none, got both: train all rounds with "
            f"one zero_as_missing"
        )
    return tuple(sorted(contrary))


def _zeros(trees: Iterable[TextTree]) -> Iterable[tuple[int, int, bool]]:
    """Of each split: its feature, its missing type, and whether a missing value goes elsewhere than 0 by threshold.

    A split by category counts as of the type NaN: its default direction is right.
    """
    for tree in trees:
        for split, decision in enumerate(tree.decisions):
            feature, missing_type = tree.features[split], decision >> MISSING_SHIFT & MISSING_MASK
            if decision & CATEGORICAL:
                yield feature, MISSING_NAN, 0 in tree.categories[split]
            else:
                zero_left = tree.thresholds[split] >= 0
                yield feature, missing_type, zero_left != bool(decision & DEFAULT_LEFT)


def converted(model: TextModel) -> dict[str, Any]:
    """The model as XGBoost's JSON has it. Raises ValueError for an objective that XGBoost has no equal of."""
    objective, parameters = _objective(model)
    scale = _scale(model)
    trees = [_tree(number, tree, model.columns, scale) for number, tree in enumerate(model.trees)]
    outputs = model.trees_a_round
    several = objective != "multi:softprob" and outputs > 1
    rounds = len(trees) // outputs
    booster = {
        "cats": {"enc": [], "feature_segments": [], "sorted_idx": []},
        "gbtree_model_param": {"num_parallel_tree": "1", "num_trees": str(len(trees))},
        "iteration_indptr": [outputs * number for number in range(rounds + 1)],
        "tree_info": [number % outputs for number in range(len(trees))],
        "trees": trees,
    }
    learner = {
        "attributes": {},
        "feature_names": [],
        "feature_types": [],
        "gradient_booster": {"model": booster, "name": "gbtree"},
        "learner_model_param": {
            "base_score": "[" + ",".join([_NEUTRAL.get(objective, "0E0")] * outputs) + "]",
            "boost_from_average": "1",
            "num_class": "0" if several or outputs == 1 else str(outputs),
            "num_feature": str(model.columns),
            "num_target": str(outputs) if several else "1",
        },
        "objective": {"name": objective, **parameters},
    }
    return {"learner": learner, "version": [int(part) for part in xgb.__version__.split(".")[:3]]}


def leaf_numbers(model: TextModel, nodes: np.ndarray) -> np.ndarray:
    """LightGBM's numbers of the leaves that XGBoost calls by their nodes; both rows × trees."""
    found = [~np.array(_level_by_level(tree))[column] for tree, column in zip(model.trees, nodes.T, strict=True)]
    return np.column_stack(found)


def _objective(model: TextModel) -> tuple[str, Mapping[str, Any]]:
    if model.objective not in _OBJECTIVES:
        raise ValueError(
            f"objective {model.objective}: expected one of {', '.join(_OBJECTIVES)}: what makes scores of this one's "
            f"raw scores is not served"
        )
    if _SQUARE_ROOT in model.parameters:
        raise ValueError(
            "objective regression with reg_sqrt: expected without, as squaring the raw score is not served: train on "
            "the square root of the label, and import that"
        )
    name, parameters = _OBJECTIVES[model.objective]
    if name == "multi:softprob":
        parameters = {"softmax_multiclass_param": {"num_class": str(model.trees_a_round)}}
    if name == "reg:quantileerror" and "alpha" in model.parameters:
        parameters = {"quantile_loss_param": {"quantile_alpha": f"[{float(model.parameters['alpha']):g}]"}}
    return name, parameters


def _scale(model: TextModel) -> float:
    """The factor of every leaf: the parameter of the sigmoid; for an average one over the number of rounds."""
    sigmoid = float(model.parameters.get("sigmoid", "1")) if model.objective in ("binary", "multiclassova") else 1.0
    return sigmoid / (len(model.trees) // model.trees_a_round) if model.averages else sigmoid


def _tree(number: int, tree: TextTree, columns: int, scale: float) -> dict[str, Any]:
    """Nodes are numbered level by level, as XGBoost numbers them when it loads a model, whatever their numbers were."""
    order = _level_by_level(tree)
    place = {child: node for node, child in enumerate(order)}
    nodes = len(order)
    parents, left, right = [ROOT_PARENT] * nodes, [NO_CHILD] * nodes, [NO_CHILD] * nodes
    conditions, features = [0.0] * nodes, [0] * nodes
    default_left, types = [0] * nodes, [0] * nodes
    covers = [0.0] * nodes
    owners, starts, sizes, categories = list[int](), list[int](), list[int](), list[int]()
    for node, child in enumerate(order):
        if child < 0:
            conditions[node], covers[node] = _leaf(tree.leaves[~child], scale), tree.counts[~child]
            continue
        sides = [place[side] for side in _sides(tree, child)]
        left[node], right[node] = sides
        parents[sides[0]] = parents[sides[1]] = node
        features[node] = tree.features[child]
        if tree.decisions[child] & CATEGORICAL:
            types[node] = default_left[node] = 1
            codes = sorted(tree.categories[child])
            _check_codes(codes)
            owners.append(node)
            starts.append(len(categories))
            sizes.append(len(codes))
            categories += codes
        else:
            conditions[node], missing_left = _threshold(tree.thresholds[child], tree.decisions[child])
            default_left[node] = int(missing_left != _is_swapped(tree, child))
    for node in range(nodes - 1, 0, -1):  # children before parents
        covers[parents[node]] += covers[node]
    return {
        "base_weights": [0.0] * nodes,
        "categories": categories,
        "categories_nodes": owners,
        "categories_segments": starts,
        "categories_sizes": sizes,
        "default_left": default_left,
        "id": number,
        "left_children": left,
        "loss_changes": [0.0] * nodes,
        "parents": parents,
        "right_children": right,
        "split_conditions": conditions,
        "split_indices": features,
        "split_type": types,
        "sum_hessian": covers,
        "tree_param": {
            "num_deleted": "0", "num_feature": str(columns), "num_nodes": str(nodes), "size_leaf_vector": "1",
        },
    }  # fmt: skip


def _level_by_level(tree: TextTree) -> list[int]:
    """Splits, and leaves as ~number, in the order of XGBoost's nodes."""
    if not tree.features:
        return [~0]
    order = [0]
    for child in order:  # grows on the way
        if child >= 0:
            order += _sides(tree, child)
    return order


def _sides(tree: TextTree, split: int) -> tuple[int, int]:
    """The children in XGBoost's order."""
    left, right = tree.left[split], tree.right[split]
    return (right, left) if _is_swapped(tree, split) else (left, right)


def _is_swapped(tree: TextTree, split: int) -> bool:
    """Whether LightGBM's left side is XGBoost's right one.

    So it is with categories; and with a threshold from FLT_MAX on, as no float32 is above it: all finite values are
    left of it, and on the right of the least float32.
    """
    return bool(tree.decisions[split] & CATEGORICAL) or tree.thresholds[split] >= LARGEST


def _threshold(threshold: float, decision: int) -> tuple[float, bool]:
    """XGBoost's threshold, and whether missing values go to LightGBM's left side."""
    missing_type = decision >> MISSING_SHIFT & MISSING_MASK
    missing_left = threshold >= 0 if missing_type == MISSING_NONE else bool(decision & DEFAULT_LEFT)
    return -LARGEST if threshold >= LARGEST else _above(threshold), missing_left


def _above(threshold: float) -> float:
    """The smallest float32 that LightGBM sends right of a threshold below FLT_MAX, for which it goes by value."""
    if 0 <= threshold < ZERO:
        return _next(ZERO)
    if -ZERO <= threshold < 0:
        return -ZERO
    if threshold < -LARGEST:
        return -LARGEST
    nearest = float(np.float32(threshold))
    return _next(nearest) if nearest <= threshold else nearest


def _next(value: float) -> float:
    return float(np.nextafter(np.float32(value), np.float32(np.inf)))


def _leaf(value: float, scale: float) -> float:
    if abs(value * scale) > MAX_SCORE:
        raise ValueError(f"leaf_value: expected at most {MAX_SCORE:g}, got {value:g}")
    return float(np.float32(value * scale))


def _check_codes(codes: Sequence[int]) -> None:
    if codes and codes[-1] >= MAX_CATEGORY:
        raise ValueError(f"category {codes[-1]}: expected codes below {MAX_CATEGORY}, which float32 holds exactly")
