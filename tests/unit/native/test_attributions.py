"""Feature attributions of the native trees: exact by definition, XGBoost's, and the same bits from every kernel."""

from typing import Any

import numpy as np
import pytest
import xgboost as xgb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from native import NATIVE
from predictors.xgboost import ubj
from tests.fakes.ubj import encode
from tests.unit.native import forests, shapley
from tests.unit.native.test_forest import MODELS

KERNELS = NATIVE.KERNELS if NATIVE else ()
EXACT = 1e-6  # of the largest value of a row: what a double-precision reference may differ by
ROWS = 300
EXPLAINED = list(MODELS)
PARTS: dict[str, dict[str, Any]] = {
    "depth 1": {"max_depth": 1},
    "depth 3": {"max_depth": 3},
    "depth 6": {"max_depth": 6},
    "depth 9": {"max_depth": 9},
    "depth 12, many features": {"max_depth": 12, "columns": 40, "rounds": 2},
    "unbalanced": {"grow_policy": "lossguide", "max_leaves": 40, "max_depth": 0, "rounds": 3},
}


def values(native: Any, raw: bytes, matrix: np.ndarray, kernel: str = "automatic") -> np.ndarray:
    """rows × classes × (columns + 1)."""
    forest = native.Forest(raw, kernel=kernel)
    found = np.frombuffer(forest.attributions(matrix, len(matrix)), np.float64)
    return found.reshape(len(matrix), forest.classes, forest.columns + 1)


def finite_rows(raw: bytes, count: int) -> np.ndarray:
    """XGBoost's own matrix, which pred_contribs needs, takes no infinite values."""
    matrix = forests.rows_for(raw, count)
    matrix[np.isinf(matrix)] = 3.4e38
    return matrix


def xgboosts(raw: bytes, matrix: np.ndarray) -> np.ndarray:
    found = forests.booster(raw).predict(xgb.DMatrix(matrix, nthread=1), pred_contribs=True)
    return found.reshape(len(matrix), -1, matrix.shape[1] + 1)


def close_to_xgboost(found: np.ndarray, expected: np.ndarray) -> None:
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("name", EXPLAINED)
def test_attributions_are_xgboosts(native, name):
    raw = forests.model(**MODELS[name])
    matrix = finite_rows(raw, ROWS // 10 if name == "many features" else ROWS)
    close_to_xgboost(values(native, raw, matrix), xgboosts(raw, matrix))


# The reference knows one class, and trees of equal weight.
BY_CATEGORY = [
    "one category against the others",
    "sets of categories",
    "sets of more than 128 categories",
    "sets in deep trees",
]


@pytest.mark.parametrize("name", BY_CATEGORY)
def test_attributions_of_splits_by_category_are_those_of_lundbergs_algorithm_in_doubles(native, name):
    raw = forests.model(**MODELS[name] | {"rounds": 3})
    matrix, trees = forests.rows_for(raw, 8), shapley.trees_of(raw)
    assert any(len(tree["categories"]) for tree in trees)
    found = values(native, raw, matrix)[:, 0]
    expected = np.array([shapley.by_paths(trees, row) for row in matrix])
    scale = np.abs(expected).max()
    np.testing.assert_allclose(found[:, :-1], expected[:, :-1], rtol=EXACT, atol=1e-9 * scale)


@pytest.mark.parametrize("name", EXPLAINED)
def test_attributions_add_up_to_the_margin(native, name):
    raw = forests.model(**MODELS[name])
    matrix = forests.rows_for(raw, ROWS)
    forest = native.Forest(raw)
    margins = np.frombuffer(forest.margins(matrix, ROWS), np.float32).reshape(ROWS, -1)
    np.testing.assert_allclose(values(native, raw, matrix).sum(axis=2), margins, rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
def test_attributions_of_small_trees_are_exact_by_definition(native, depth):
    raw = forests.model(max_depth=depth, rounds=3)
    matrix, trees = forests.rows_for(raw, 40), shapley.trees_of(raw)
    found = values(native, raw, matrix)[:, 0]
    base = found[0, -1] - shapley.by_definition(trees, matrix[0])[-1]
    expected = np.array([shapley.by_definition(trees, row) for row in matrix])
    expected[:, -1] += base
    np.testing.assert_allclose(found, expected, rtol=EXACT, atol=1e-12)


@pytest.mark.parametrize("name", PARTS)
def test_attributions_are_those_of_lundbergs_algorithm_in_doubles(native, name):
    raw = forests.model(**{"rounds": 4, **PARTS[name]})
    matrix, trees = forests.rows_for(raw, 10), shapley.trees_of(raw)
    found = values(native, raw, matrix)[:, 0]
    expected = np.array([shapley.by_paths(trees, row) for row in matrix])
    scale = np.abs(expected).max()
    np.testing.assert_allclose(found[:, :-1], expected[:, :-1], rtol=EXACT, atol=1e-9 * scale)


def test_both_references_agree():
    raw = forests.model(max_depth=4, rounds=2)
    for row in forests.rows_for(raw, 10):
        trees = shapley.trees_of(raw)
        np.testing.assert_allclose(
            shapley.by_paths(trees, row), shapley.by_definition(trees, row), rtol=1e-9, atol=1e-12
        )


@pytest.mark.parametrize("name", EXPLAINED)
def test_every_kernel_gives_the_same_bits(native, name):
    raw = forests.model(**MODELS[name])
    matrix = forests.rows_for(raw, 50)
    bits = {kernel: values(native, raw, matrix, kernel).tobytes() for kernel in KERNELS}
    assert len(set(bits.values())) == 1, list(bits)


def test_a_row_has_the_same_bits_wherever_it_is(native):
    raw = forests.model(max_depth=7)
    matrix = forests.rows_for(raw, 100)
    together = values(native, raw, matrix)
    for count in (1, 7, 8, 9, 33):
        assert values(native, raw, matrix[:count].copy()).tobytes() == together[:count].tobytes()
        assert values(native, raw, matrix[-count:].copy()).tobytes() == together[-count:].tobytes()


def test_more_rows_than_one_reading_of_the_trees_takes(native):
    """A chunk has 4 MiB: of 300 columns, some 1,100 rows."""
    raw = forests.model(columns=300, rounds=2)
    matrix = forests.rows_for(raw, 1_500)
    found = values(native, raw, matrix)
    assert found[1_200:].tobytes() == values(native, raw, matrix[1_200:].copy()).tobytes()


def with_covers(raw: bytes, change: dict[int, float]) -> bytes:
    decoded = ubj.decode(raw)
    tree = decoded["learner"]["gradient_booster"]["model"]["trees"][1]
    for node, cover in change.items():
        tree["sum_hessian"][node] = cover
    return encode(decoded)


@pytest.mark.parametrize("change", [{0: 0.0}, {0: -1.0}, {1: -1e-3}, {1: 1e30}, {2: 1e30}])
def test_a_model_without_sound_covers_scores_but_explains_nothing(native, change):
    raw = with_covers(forests.model(), change)
    matrix = forests.rows_for(raw, 3)
    forest = native.Forest(raw)
    assert forest.scores(matrix, 3)
    with pytest.raises(native.NotCovered, match="tree 1 has no sound sum_hessian, the weight of its rows"):
        forest.attributions(matrix, 3)


def test_a_side_that_no_training_row_took_has_no_weight(native):
    raw = forests.model(max_depth=3)
    tree = shapley.trees_of(raw)[1]
    raw = with_covers(raw, {tree["left_children"][0]: 0.0, **dict.fromkeys((3, 4), 0.0)})
    with pytest.raises(native.NotCovered):  # the side's own splits have nothing to divide
        values(native, raw, forests.rows_for(raw, 1))
    leaf_parent = next(
        i for i, left in enumerate(tree["left_children"]) if left != -1 and tree["left_children"][left] == -1
    )
    raw = with_covers(forests.model(max_depth=3), {tree["left_children"][leaf_parent]: 0.0})
    matrix = finite_rows(raw, 100)
    close_to_xgboost(values(native, raw, matrix), xgboosts(raw, matrix))


def test_a_matrix_of_another_size_is_refused(native):
    forest = native.Forest(forests.model())
    with pytest.raises(ValueError, match="expected 2 rows of 6 float32, got 24 bytes"):
        forest.attributions(bytes(24), 2)
    assert forest.attributions(b"", 0) == b""


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 2**31),
    columns=st.integers(1, 30),
    depth=st.integers(1, 11),
    classes=st.sampled_from([1, 1, 3]),
    rounds=st.integers(1, 12),
)
def test_random_models_and_rows(native, seed, columns, depth, classes, rounds):
    random = np.random.default_rng(seed)
    matrix = random.normal(size=(400, columns)).astype(np.float32)
    matrix[random.random(matrix.shape) < random.random() / 2] = np.nan
    labels = random.integers(0, classes, 400) if classes > 1 else np.nansum(matrix[:, :3], axis=1)
    objective = {"objective": "multi:softprob", "num_class": 3} if classes > 1 else {}
    options = {**objective, "max_depth": depth, "nthread": 1, "subsample": 0.7, "seed": seed % 1_000}
    raw = bytes(xgb.train(options, xgb.DMatrix(matrix, labels), rounds).save_raw("ubj"))
    rows = np.ascontiguousarray(matrix[:37])
    found = values(native, raw, rows)
    close_to_xgboost(found, xgboosts(raw, rows))
    margins = np.frombuffer(native.Forest(raw).margins(rows, len(rows)), np.float32).reshape(len(rows), -1)
    np.testing.assert_allclose(found.sum(axis=2), margins, rtol=1e-5, atol=2e-5)
