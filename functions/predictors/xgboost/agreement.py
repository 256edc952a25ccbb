"""Whether a sound model and its manifest mean the same: task, categories, boosting rounds.

Where they do not, the model would load and score, and every score would be wrong without a word.
"""

from __future__ import annotations

from predictors.xgboost import categories
from predictors.xgboost.objectives import task_of
from predictors.xgboost.structure import LINEAR

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from typing import Any

    from model_store.feature import Feature
    from model_store.manifest import Manifest


def check(model: Mapping[str, Any], manifest: Manifest, codes: Iterable[tuple[int, int]] = ()) -> None:
    """Compare a model that passed `structure.check` with its manifest. Raises ValueError for the first difference.

    codes : of trees that are left out of the model, the columns that they split by category, and how many codes, from 0
        on, their splits need.
    """
    try:
        task = task_of(manifest.objective, outputs_of(model["learner"]))
        if manifest.task != task:
            raise ValueError(f"task: expected {task} for {manifest.objective}, got {manifest.task}")
        if manifest.quantized:
            raise ValueError("model.quantized: expected false for trees and linear models of XGBoost, got true")
        _check_learner(model["learner"], manifest)
        for column, count in codes:
            _check_codes("a tree", manifest.features[column], count - 1)
    except (KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError(f"a member is missing or of the wrong type: {error!r}") from None


def _check_learner(learner: Mapping[str, Any], manifest: Manifest) -> None:
    if is_linear(learner):
        if manifest.rounds:
            raise ValueError(f"model.rounds: expected 0 (all) for a linear model, got {manifest.rounds}")
        return
    forest = forest_of(learner)
    _check_names(categories.names(forest.get("cats", {}), len(manifest.features)), manifest.features)
    for number, tree in enumerate(forest["trees"]):
        _check_splits(f"tree {number}", tree, manifest.features)
    _check_rounds(rounds_of(learner), manifest.rounds)


def is_linear(learner: Mapping[str, Any]) -> bool:
    """Whether the model has weights, and no trees."""
    return bool(learner["gradient_booster"].get("name") == LINEAR)


def forest_of(learner: Mapping[str, Any]) -> Mapping[str, Any]:
    """The trees, which dart keeps one level deeper in files of XGBoost before 3.4."""
    booster = learner["gradient_booster"]
    forest: Mapping[str, Any] = booster.get("gbtree", booster)["model"]
    return forest


def outputs_of(learner: Mapping[str, Any]) -> int:
    """Targets, labels or quantiles: 1 for most models."""
    return max(1, int(learner["learner_model_param"].get("num_target", "1")))


def rounds_of(learner: Mapping[str, Any]) -> int:
    """The boosting rounds in a model: each has a tree for each class, or several."""
    if is_linear(learner):
        return 1  # of which none can be left out
    forest = forest_of(learner)
    if starts := forest.get("iteration_indptr"):
        return len(starts) - 1
    groups = max(1, int(learner["learner_model_param"].get("num_class", "0"))) * outputs_of(learner)
    a_round = groups * max(1, int(forest["gbtree_model_param"].get("num_parallel_tree", "1")))
    return int(forest["gbtree_model_param"]["num_trees"]) // a_round


def best_rounds(learner: Mapping[str, Any]) -> int | None:
    """The rounds up to the best one, which early stopping writes down; None where it did not."""
    best: str = learner.get("attributes", {}).get("best_iteration", "")
    return int(best) + 1 if best.isascii() and best.isdigit() else None


def _check_names(kept: Sequence[tuple[str, ...]], features: Sequence[Feature]) -> None:
    for feature, names in zip(features, kept, strict=False):
        if not names:
            continue
        if feature.type != "category":
            raise ValueError(
                f"feature {feature.name!r}: the model keeps categories for it ({_some(names)}): expected the type "
                f"category, got {feature.type}"
            )
        if feature.categories != names:
            raise ValueError(
                f"feature {feature.name!r}: expected the model's categories, in its order: {_some(names)}; the "
                f"manifest has {_some(feature.categories)}"
            )


def _check_splits(where: str, tree: Mapping[str, Any], features: Sequence[Feature]) -> None:
    """Splits by category, on features that have categories, by codes that they have."""
    if not any(tree.get("split_type", ())):
        return
    nodes, starts, sizes = tree["categories_nodes"], tree["categories_segments"], tree["categories_sizes"]
    for node, start, size in zip(nodes, starts, sizes, strict=True):
        codes = tree["categories"][start : start + size]
        _check_codes(where, features[tree["split_indices"][node]], max(codes, default=0))


def _check_codes(where: str, feature: Feature, largest: int) -> None:
    if feature.type == "float":
        raise ValueError(
            f"{where}: splits feature {feature.name!r} by category: expected the type category (or int, for codes), "
            f"got float"
        )
    if feature.type == "category" and largest >= len(feature.categories):
        raise ValueError(
            f"{where}: splits feature {feature.name!r} by code {largest}: expected codes below "
            f"{len(feature.categories)}, the number of its categories in the manifest"
        )


def _check_rounds(there: int, rounds: int) -> None:
    """The manifest alone says which rounds count, as XGBoost's library ignores the attribute `best_iteration`.

    The attribute may be out of date: a training that was continued keeps that of the first one.
    """
    if rounds > there:
        raise ValueError(f"model.rounds: expected at most the model's {there} boosting rounds, got {rounds}")


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
