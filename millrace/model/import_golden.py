"""Rows for golden rows where there is no sample: values around the thresholds at which the model's trees decide."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from model_store.feature import Feature
from predictors.xgboost.agreement import forest_of, is_linear
from predictors.xgboost.structure import NO_CHILD

MISSING_SHARE = 0.15


def rows_around_splits(learner: Mapping[str, Any], features: Sequence[Feature], rows: int, seed: int = 7) -> np.ndarray:
    """A float32 matrix of `rows` rows: for each column a threshold, a value just below one, or missing."""
    random = np.random.default_rng(seed)
    thresholds: list[list[float]] = [[] for _ in features]
    if is_linear(learner):  # has no thresholds: values of ordinary sizes
        thresholds = [random.normal(size=rows).tolist() for _ in features]
    else:
        for column, threshold in _splits(forest_of(learner)["trees"]):
            thresholds[column].append(threshold)
    columns = [_column(feature, found, rows, random) for feature, found in zip(features, thresholds, strict=True)]
    return np.column_stack(columns).astype(np.float32)


def _splits(trees: Sequence[Mapping[str, Any]]) -> Iterator[tuple[int, float]]:
    """Each split's column and threshold; of a split by category each code that it asks for."""
    for tree in trees:
        types = tree.get("split_type") or [0] * len(tree["left_children"])
        splits = zip(tree["left_children"], types, tree["split_indices"], tree["split_conditions"], strict=True)
        yield from ((column, value) for left, kind, column, value in splits if left != NO_CHILD and kind == 0)
        segments = (tree.get(f"categories_{part}", ()) for part in ("nodes", "segments", "sizes"))
        for node, start, size in zip(*segments, strict=True):
            yield from ((tree["split_indices"][node], code) for code in tree["categories"][start : start + size])


def _column(feature: Feature, thresholds: list[float], rows: int, random: np.random.Generator) -> np.ndarray:
    at = random.choice(np.array(thresholds or [0.0], np.float32), rows)
    below = np.nextafter(at, np.float32(-np.inf))
    values = np.where(random.random(rows) < 0.5, at, below)
    match feature.type:
        case "int":
            values = np.floor(values)
        case "bool":
            values = random.integers(0, 2, rows).astype(np.float32)
        case "category":
            values = random.integers(0, len(feature.categories), rows).astype(np.float32)
    gaps = random.random(rows) < MISSING_SHARE
    return np.where(gaps, np.float32(np.nan), values) if feature.allow_missing else values
