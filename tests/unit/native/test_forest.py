"""The native trees, against XGBoost: the same bits for each kind of model, on a million rows in all."""

import json
import os
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest

from predictors.xgboost import ubj
from predictors.xgboost.objectives import TASKS
from tests.fakes.ubj import encode
from tests.unit.native import forests

# FOREST_ROWS=1000000 looks at a million rows of each kind of model, in five minutes.
ROWS = int(os.environ.get("FOREST_ROWS", "20000"))
OTHER_MODELS: dict[str, dict[str, Any]] = {
    **{f"depth {depth}": {"max_depth": depth} for depth in range(1, 13)},
    **{f"three classes, depth {depth}": {"objective": "multi:softprob", "max_depth": depth} for depth in (2, 5, 8, 10)},
    "unbalanced": {"grow_policy": "lossguide", "max_leaves": 40, "max_depth": 0},
    "unbalanced and deep": {"grow_policy": "lossguide", "max_leaves": 300, "max_depth": 0, "min_child_weight": 0},
    "thousands of thresholds": {"tree_method": "exact", "max_depth": 8, "rounds": 20},
    "pruned": {"tree_method": "exact", "max_depth": 6, "gamma": 5.0},
    "one leaf": {"gamma": 1e9},
    "many trees of one leaf": {"gamma": 1e9, "rounds": 60},
    "trees of one leaf among others": {"gamma": 20.0, "rounds": 120},
    "forests": {"num_parallel_tree": 3, "subsample": 0.5},
    "forests of three classes": {"objective": "multi:softprob", "num_parallel_tree": 2, "subsample": 0.5},
    "many features": {"columns": 300},
    "base score by hand": {"base_score": -3.5},
    "one category against the others": {"categories": 12, "max_cat_to_onehot": 100},
    "sets of categories": {"categories": 40, "max_cat_to_onehot": 1},
    "sets of more than 128 categories": {"categories": 200, "max_cat_to_onehot": 1},
    "sets of more than 256 categories": {"categories": 700, "max_cat_to_onehot": 1, "max_depth": 4},
    "sets in deep trees": {"categories": 40, "max_cat_to_onehot": 1, "max_depth": 12},
    "sets of three classes": {"categories": 30, "max_cat_to_onehot": 4, "objective": "multi:softprob"},
    "sets in many trees": {"categories": 40, "max_cat_to_onehot": 1, "rounds": 60},
    "dart": {"rate_drop": 0.3, "rounds": 20},
    "dart of three classes": {"rate_drop": 0.3, "objective": "multi:softprob", "max_depth": 4},
    "dart with sets": {"rate_drop": 0.3, "categories": 20, "max_depth": 10},
    "many trees": {"rounds": 100, "max_depth": 4, "objective": "binary:logistic"},
}
MODELS: dict[str, dict[str, Any]] = {**{name: {"objective": name} for name in TASKS}, **OTHER_MODELS}
SAVED = Path(__file__).parents[2] / "models"


def floats(answer: bytearray) -> np.ndarray:
    return np.frombuffer(answer, np.float32)


def same_bits(found: np.ndarray, expected: np.ndarray) -> None:
    """NaN is no score of either; -0 is not 0."""
    assert found.size == expected.size
    wrong = np.flatnonzero(found.view(np.int32) != np.ascontiguousarray(expected, np.float32).ravel().view(np.int32))
    assert not len(wrong), f"{len(wrong)} differ: {found[wrong[:3]]} and {expected.ravel()[wrong[:3]]}"


def check(native: Any, raw: bytes, rows: int, kernel: str = "automatic", iterations: int = 0) -> None:
    forest = native.Forest(raw, iterations, kernel=kernel)
    matrix, booster = forests.rows_for(raw, rows), forests.booster(raw)
    for kind, function in (("margin", forest.margins), ("value", forest.scores)):
        expected = booster.inplace_predict(matrix, predict_type=kind, iteration_range=(0, iterations))
        same_bits(floats(function(matrix, rows)), expected)


@pytest.mark.parametrize("name", MODELS)
def test_margins_and_scores_are_xgboosts(native, name):
    check(native, forests.model(**MODELS[name]), ROWS if name != "many features" else ROWS // 20)


def test_zeros_of_both_signs_and_the_ends_of_float32_are_thresholds_like_any_other(native):
    check(native, forests.thresholds_by_hand(forests.model(max_depth=6)), ROWS)


def test_the_rows_lead_to_the_edges():
    """Or the tests would prove less than they say."""
    matrix = forests.rows_for(forests.model(), ROWS)
    assert 0.02 < np.isnan(matrix).mean() < 0.1
    assert np.isinf(matrix).any(axis=0).all()
    assert sum(len(np.unique(column)) for column in matrix.T) > ROWS


@pytest.mark.parametrize("kernel", ["walk", "portable", "avx2", "neon"])
@pytest.mark.parametrize("name", OTHER_MODELS)
def test_every_kernel_gives_the_same_bits(native, name, kernel):
    if kernel not in native.KERNELS:
        pytest.skip(f"this processor has no {kernel}")
    for rows in (1, 1_000):  # few rows are walked, with every kernel
        check(native, forests.model(**MODELS[name]), rows, kernel)


@pytest.mark.parametrize("kernel", ["walk", "portable", "avx2", "neon"])
def test_a_file_of_many_single_leaves_once_crashed_a_kernel(native, kernel):
    if kernel not in native.KERNELS:
        pytest.skip(f"this processor has no {kernel}")
    for rows in (1, 2, 9, 64, 1_000):
        check(native, (SAVED / "cases" / "leaf5.ubj").read_bytes(), rows, kernel)


def test_what_was_deleted_of_a_tree_is_in_no_plan_whatever_its_children(native):
    raw = forests.model(**MODELS["pruned"])
    decoded, linked = ubj.decode(raw), 0
    for tree in decoded["learner"]["gradient_booster"]["model"]["trees"]:
        deleted = [node for node, feature in enumerate(tree["split_indices"]) if feature == 2**31 - 1]
        for left in [node for node in deleted if node + 1 in deleted][:1]:
            tree["left_children"][deleted[-1]], tree["right_children"][deleted[-1]] = left, left + 1
            linked += 1
    assert linked
    matrix = forests.rows_for(raw, 100)
    assert native.Forest(encode(decoded)).scores(matrix, 100) == native.Forest(raw).scores(matrix, 100)


def test_codes_are_those_that_splits_need(native):
    assert native.Forest(forests.model()).codes == []
    assert native.Forest(forests.model(**MODELS["sets of categories"])).codes == [(0, 40), (3, 20)]


def test_blocks_are_evaluated_together_or_not_with_the_same_bits(native):
    """Of many features, fewer blocks fit."""
    for name in ("many features", "sets in many trees", "depth 12"):
        check(native, forests.model(**MODELS[name]), 1_500)


@pytest.mark.parametrize("rows", [0, 1, 2, 7, 8, 9, 10, 11, 31, 32, 33, 63, 64, 65, 73, 74, 127, 128, 1_001])
def test_any_number_of_rows(native, rows):
    raw = forests.model("multi:softprob")
    forest = native.Forest(raw)
    matrix = forests.rows_for(raw, 1_001)
    assert forest.scores(matrix[:rows], rows) == forest.scores(matrix, 1_001)[: rows * 3 * 4]


@pytest.mark.parametrize("iterations", [0, 1, 3, forests.ROUNDS])
@pytest.mark.parametrize("name", ["depth 6", "forests of three classes", "forests"])
def test_only_the_rounds_asked_for_count(native, name, iterations):
    check(native, forests.model(**MODELS[name]), 500, iterations=iterations)


@pytest.mark.parametrize("iterations", [forests.ROUNDS + 1, 2**32, 2**64 - 1])
def test_rounds_that_are_not_there_are_not_covered(native, iterations):
    with pytest.raises(native.NotCovered, match="fewer rounds"):
        native.Forest(forests.model(), iterations)


@pytest.mark.parametrize("objective", TASKS)
def test_a_model_without_trees_is_not_covered(native, objective):
    """XGBoost 3.4 takes its base score for the margin, whatever the objective's link."""
    with pytest.raises(native.NotCovered, match="no tree counts"):
        native.Forest(forests.model(objective, rounds=0))


def row_of(row: Any) -> list[float | None]:
    """What make_frame.py wrote of a data frame, as codes."""
    if isinstance(row, list):
        return row
    device = None if row["device"] is None else ["tablet", "desktop", "móvil"].index(row["device"])
    return [row["spend"], device, [30, 10, 20].index(row["region"])]


@pytest.mark.filterwarnings("ignore:.*`booster=dart` is deprecated")
@pytest.mark.parametrize(
    "file", sorted(SAVED.glob("xgboost-*/*.ubj")), ids=lambda path: f"{path.parent.name} {path.name}"
)
def test_files_of_other_xgboosts(native, file):
    raw = file.read_bytes()
    expected = json.loads((file.parent / "expected.json").read_text())
    best = 0
    if file.stem == "early":
        best = 1 + int(json.loads(native.Forest(raw).skeleton)["learner"]["attributes"]["best_iteration"])
    check(native, raw, 1_000, iterations=best)
    matrix = np.array([row_of(row) for row in expected["rows"]], np.float32)
    scores = floats(native.Forest(raw, best).scores(matrix, len(matrix)))
    np.testing.assert_allclose(scores, np.ravel(expected["scores"][file.name]), rtol=1e-6)


def test_the_matrix_need_not_be_aligned(native):
    raw = forests.model()
    forest, matrix = native.Forest(raw), forests.rows_for(raw, 100).tobytes()
    assert forest.scores(memoryview(b"x" + matrix)[1:], 100) == forest.scores(matrix, 100)


@pytest.mark.parametrize("rows", [-1, 0, 1, 3, 2**40, 2**62])
def test_a_matrix_of_another_size_is_an_error(native, rows):
    forest = native.Forest(forests.model())
    with pytest.raises(ValueError, match=f"expected {rows} rows of 6 float32, got 48 bytes"):
        forest.scores(bytes(48), rows)


def test_threads_may_score_at_the_same_time(native):
    raw = forests.model("multi:softprob", max_depth=9)
    forest, matrix = native.Forest(raw), forests.rows_for(raw, 5_000)
    expected, found = forest.scores(matrix, 5_000), []
    threads = [Thread(target=lambda: found.append(forest.scores(matrix, 5_000))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [expected] * 8


def test_what_a_forest_says_of_itself(native):
    forest = native.Forest(forests.model("multi:softprob"))
    assert (forest.columns, forest.classes) == (forests.COLUMNS, 3)
    learner = json.loads(forest.skeleton)["learner"]
    assert learner["objective"]["name"] == "multi:softprob"
    assert learner["gradient_booster"]["model"]["gbtree_model_param"]["num_trees"] == str(3 * forests.ROUNDS)
    assert learner["gradient_booster"]["model"]["trees"] == []


def test_a_kernel_that_is_not_there_is_an_error(native):
    with pytest.raises(ValueError, match="kernel: expected one that this processor has, got 'abacus'"):
        native.Forest(forests.model(), kernel="abacus")
