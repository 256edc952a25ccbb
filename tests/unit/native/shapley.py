"""SHAP values of a tree ensemble in Python's doubles, twice: by their definition, and by Lundberg's algorithm."""

from itertools import combinations
from math import factorial
from typing import Any

import numpy as np

from predictors.xgboost import ubj

Tree = dict[str, Any]


def trees_of(raw: bytes) -> list[Tree]:
    trees: list[Tree] = ubj.decode(raw)["learner"]["gradient_booster"]["model"]["trees"]
    return trees


def goes_left(tree: Tree, node: int, row: np.ndarray) -> bool:
    value = row[tree["split_indices"][node]]
    if tree["split_type"][node] and not np.isnan(value):  # by category: what is in the set goes right
        place = tree["categories_nodes"].index(node)
        begin, size = tree["categories_segments"][place], tree["categories_sizes"][place]
        return not (value >= 0 and np.trunc(value) in tree["categories"][begin : begin + size])
    return bool(tree["default_left"][node]) if np.isnan(value) else bool(value < tree["split_conditions"][node])


def share(tree: Tree, node: int, child: int) -> float:
    return tree["sum_hessian"][child] / tree["sum_hessian"][node]


def expected(tree: Tree, row: np.ndarray, known: frozenset[int], node: int = 0) -> float:
    """The mean leaf of the training rows that agree with `row` in the known features, as far as the tree looks."""
    left, right = tree["left_children"][node], tree["right_children"][node]
    if left == -1:
        return float(tree["split_conditions"][node])
    if tree["split_indices"][node] in known:
        return expected(tree, row, known, left if goes_left(tree, node, row) else right)
    return sum(share(tree, node, child) * expected(tree, row, known, child) for child in (left, right))


def by_definition(trees: list[Tree], row: np.ndarray) -> np.ndarray:
    """Shapley values of `expected`, over all subsets of the features; the expected value comes last."""
    columns = len(row)
    values = np.zeros(columns + 1)
    for tree in trees:
        means = {
            frozenset(known): expected(tree, row, frozenset(known))
            for size in range(columns + 1)
            for known in combinations(range(columns), size)
        }
        for feature in range(columns):
            for known, mean in means.items():
                if feature not in known:
                    size = len(known)
                    weight = factorial(size) * factorial(columns - size - 1) / factorial(columns)
                    values[feature] += weight * (means[known | {feature}] - mean)
        values[-1] += means[frozenset()]
    return values


Path = list[list[float]]  # feature, zero, one, weight


def extended(path: Path, zero: float, one: float, feature: int) -> Path:
    grown = [list(part) for part in path] + [[feature, zero, one, 1.0 if not path else 0.0]]
    size = len(path)
    for i in range(size - 1, -1, -1):
        grown[i + 1][3] += one * grown[i][3] * (i + 1) / (size + 1)
        grown[i][3] = zero * grown[i][3] * (size - i) / (size + 1)
    return grown


def unwound(path: Path, index: int) -> Path:
    """The path without one of its features."""
    size, (_, zero, one, _) = len(path) - 1, path[index]
    shorter = [list(part) for part in path]
    following = shorter[size][3]
    for i in range(size - 1, -1, -1):
        if one:
            before = shorter[i][3]
            shorter[i][3] = following * (size + 1) / ((i + 1) * one)
            following = before - shorter[i][3] * zero * (size - i) / (size + 1)
        else:
            shorter[i][3] = shorter[i][3] * (size + 1) / (zero * (size - i))
    for i in range(index, size):
        shorter[i][:3] = shorter[i + 1][:3]
    return shorter[:size]


def by_paths(trees: list[Tree], row: np.ndarray) -> np.ndarray:
    """Lundberg's TreeSHAP (https://arxiv.org/abs/1802.03888, algorithm 2); the expected value comes last."""
    values = np.zeros(len(row) + 1)

    def visit(tree: Tree, node: int, path: Path, zero: float, one: float, feature: int) -> None:
        path = extended(path, zero, one, feature)
        left, right = tree["left_children"][node], tree["right_children"][node]
        if left == -1:
            for i in range(1, len(path)):
                weight = sum(part[3] for part in unwound(path, i))
                values[int(path[i][0])] += weight * (path[i][2] - path[i][1]) * tree["split_conditions"][node]
            return
        split = tree["split_indices"][node]
        hot, cold = (left, right) if goes_left(tree, node, row) else (right, left)
        zero, one = 1.0, 1.0
        for i in range(1, len(path)):
            if path[i][0] == split:
                zero, one = path[i][1:3]
                path = unwound(path, i)
                break
        visit(tree, hot, path, zero * share(tree, node, hot), one, split)
        visit(tree, cold, path, zero * share(tree, node, cold), 0.0, split)

    for tree in trees:
        values[-1] += expected(tree, row, frozenset())
        visit(tree, 0, [], 1.0, 1.0, -1)
    return values
