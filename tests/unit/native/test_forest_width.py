"""Models of few and of many columns: in lanes where that pays, and always with XGBoost's bits."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from tests.unit.native import forests
from tests.unit.native.test_forest import check, floats, same_bits

LANES = ("portable", "avx2", "neon")
MANY_TREES: dict[str, Any] = {"rounds": 200, "max_depth": 4, "min_child_weight": 0}
ROWS = 200  # three blocks, and rows of another


@pytest.fixture(params=LANES)
def kernel(native, request):
    if request.param not in native.KERNELS:
        pytest.skip(f"this processor has no {request.param}")
    return request.param


@cache
def wide(columns: int, every: int = 1, **parameters: Any) -> bytes:
    return forests.spread(forests.model(**(MANY_TREES | parameters)), columns, every)


@pytest.mark.parametrize("columns", [1, 2, 3, 4, 5, 17, 500, 513, 1_000, 1_024, 2_000])
def test_many_trees_are_evaluated_in_lanes_whatever_the_columns(native, kernel, columns):
    raw = wide(columns)
    assert 0 < native.Forest(raw, kernel=kernel).lanes_from <= 64
    check(native, raw, ROWS, kernel)


@pytest.mark.parametrize("every", [3, 15, 16, 17, 999])
def test_columns_between_those_that_splits_use_are_passed_over(native, kernel, every):
    check(native, wide(1_000, every), ROWS, kernel)


def test_columns_that_no_split_uses_do_not_keep_trees_from_lanes(native, kernel):
    assert native.Forest(wide(2_000, 100, rounds=10), kernel=kernel).lanes_from > 0


def test_a_few_trees_of_as_many_columns_as_splits_are_walked(native, kernel):
    raw = wide(120, rounds=1, max_depth=8)
    assert native.Forest(raw, kernel=kernel).lanes_from == 0
    check(native, raw, ROWS, kernel)


def test_the_more_columns_the_more_rows_it_takes(native, kernel):
    rows = [native.Forest(wide(columns), kernel=kernel).lanes_from for columns in (20, 500, 1_000)]
    assert rows == sorted(set(rows))


def test_few_rows_and_a_block_give_the_same_bits(native, kernel):
    raw = wide(1_000)
    forest, matrix = native.Forest(raw, kernel=kernel), forests.rows_for(raw, 2 * 64)
    expected = floats(forest.scores(matrix, len(matrix)))
    few = forest.lanes_from
    for rows in (1, few - 1, few, few + 1, 63, 64, 64 + few - 1, min(64 + few, 128)):
        same_bits(floats(forest.scores(np.ascontiguousarray(matrix[:rows]), rows)), expected[:rows])


def test_no_kernel_but_lanes_has_lanes(native):
    assert native.Forest(wide(20), kernel="walk").lanes_from == 0
