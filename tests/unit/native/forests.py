"""Models of every shape for the native engine, and rows that lead to their edges."""

from functools import cache
from itertools import cycle
from typing import Any

import numpy as np
import xgboost as xgb

from predictors.xgboost import ubj
from predictors.xgboost.agreement import forest_of
from tests.fakes.ubj import encode

COLUMNS = 6
ROUNDS = 8
PARAMETERS: dict[str, dict[str, Any]] = {
    "multi:softprob": {"num_class": 3},
    "reg:quantileerror": {"quantile_alpha": 0.3},
    "reg:expectileerror": {"expectile_alpha": 0.3},
}
POSITIVE = ("reg:gamma", "reg:tweedie", "count:poisson", "reg:squaredlogerror")
# What a code must not be, or that no split has.
NO_CODES = np.array([-1, -0.5, -0.0, 2**24 - 1, 2**24, 1e9, np.inf, -np.inf, np.nan, 1e-45], np.float32)
EXTREMES = np.array([np.nan] * 6 + [np.inf, -np.inf, 0.0, -0.0, 3.4e38, -3.4e38, 1e-45, -1e-45], np.float32)


@cache
def training(columns: int = COLUMNS, rows: int = 3_000) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(1)
    matrix = random.normal(size=(rows, columns)).astype(np.float32)
    matrix[:, 1] = np.round(matrix[:, 1])  # some zeros, some of them negative
    truth = np.sin(3 * matrix[:, 0]) + matrix[:, 1] * matrix[:, 2] + random.normal(size=rows) / 4
    matrix[random.random(matrix.shape) < 0.1] = np.nan
    return matrix, truth


@cache
def model(
    objective: str = "reg:squarederror",
    columns: int = COLUMNS,
    rounds: int = ROUNDS,
    categories: int = 0,
    **parameters: Any,
) -> bytes:
    """The UBJ file of a model that XGBoost trained.

    categories : codes of the first, and half as many of the fourth column; 0: both are numbers.
    """
    matrix, truth = training(columns)
    data = xgb.DMatrix(matrix)
    if categories:
        matrix, truth = coded(matrix, truth, categories)
        data = xgb.DMatrix(matrix, feature_types=["c", "q", "q", "c", *["q"] * (columns - 4)], enable_categorical=True)
    if objective == "multi:softprob":
        data.set_label(np.digitize(truth, [-0.5, 0.5]))
    elif objective == "survival:aft":
        data.set_info(label_lower_bound=np.exp(truth), label_upper_bound=np.exp(truth) + 1)
    elif objective.startswith("rank"):
        data.set_label(truth > 0)
        data.set_group([10] * (len(truth) // 10))
    elif objective.startswith("binary") or objective == "reg:logistic":
        data.set_label(truth > 0)
    else:
        data.set_label(np.exp(truth) if objective in POSITIVE else truth + 5)
    options = {"objective": objective, "nthread": 1, **PARAMETERS.get(objective, {}), **parameters}
    return bytes(xgb.train(options, data, rounds).save_raw("ubj"))


def coded(matrix: np.ndarray, truth: np.ndarray, categories: int) -> tuple[np.ndarray, np.ndarray]:
    """Training data of which two columns are codes, in no order that the truth has."""
    random = np.random.default_rng(2)
    matrix = matrix.copy()
    for column, count in ((0, categories), (3, max(2, categories // 2))):
        codes = random.integers(0, count, len(matrix))
        truth = truth + random.normal(size=count)[codes]
        matrix[:, column] = np.where(np.isnan(matrix[:, column]), np.nan, codes)
    return matrix, truth


def thresholds_by_hand(raw: bytes) -> bytes:
    """The model with zeros of both signs and the ends of float32 among its thresholds."""
    decoded = ubj.decode(raw)
    odd = [0.0, -0.0, 1e-45, -1e-45, 1.17549435e-38, 3.4028234e38, -3.4028234e38, 1.0, -1.0]
    count = 0
    for tree in decoded["learner"]["gradient_booster"]["model"]["trees"]:
        for node, left in enumerate(tree["left_children"]):
            if left != -1:
                tree["split_conditions"][node] = odd[count % len(odd)]
                tree["split_indices"][node] = count % 2
                count += 1
    return encode(decoded)


def spread(raw: bytes, columns: int, every: int = 1) -> bytes:
    """The model with that many columns, of whose trees the splits use each `every`th column, and the last, in turn."""
    decoded = ubj.decode(raw)
    learner = decoded["learner"]
    learner["learner_model_param"]["num_feature"] = str(columns)
    used = cycle(sorted({*range(0, columns, every), columns - 1}))
    for tree in learner["gradient_booster"]["model"]["trees"]:
        tree["tree_param"]["num_feature"] = str(columns)
        for node, left in enumerate(tree["left_children"]):
            if left != -1:
                tree["split_indices"][node] = next(used)
    return encode(decoded)


def rows_for(raw: bytes, count: int, seed: int = 1) -> np.ndarray:
    """Values below, at and above the model's thresholds, others, missing and infinite ones: count × columns."""
    learner = ubj.decode(raw)["learner"]
    random = np.random.default_rng(seed)
    matrix = np.empty((count, int(learner["learner_model_param"]["num_feature"])), np.float32)
    found: list[list[float]] = [[0.0] for _ in range(matrix.shape[1])]
    codes: list[set[int]] = [set() for _ in range(matrix.shape[1])]
    for tree in forest_of(learner)["trees"]:
        for feature, threshold, left in zip(
            tree["split_indices"], tree["split_conditions"], tree["left_children"], strict=True
        ):
            if left != -1:
                found[feature].append(threshold)
        for node, start, size in zip(
            tree["categories_nodes"], tree["categories_segments"], tree["categories_sizes"], strict=True
        ):
            codes[tree["split_indices"][node]].update(tree["categories"][start : start + size])
    towards = np.array([-np.inf, np.inf], np.float32)
    for column, thresholds in enumerate(found):
        values = random.choice(np.array(thresholds, np.float32), count)
        with np.errstate(over="ignore", under="ignore"):
            moved = np.nextafter(values, random.choice(towards, count))
        kind = random.random(count)
        values = np.where(kind < 0.5, moved, values)
        values = np.where(kind < 0.2, random.normal(size=count), values)
        matrix[:, column] = np.where(kind > 0.9, random.choice(EXTREMES, count), values)
        if codes[column]:
            matrix[:, column] = codes_for(codes[column], count, random)
    return matrix


def codes_for(codes: set[int], count: int, random: np.random.Generator) -> np.ndarray:
    """Codes of the model, their neighbours, codes with a fraction, and what is none: float32."""
    values = random.choice(np.array(sorted({code + step for code in codes for step in (-1, 0, 1)}), np.float32), count)
    kind = random.random(count)
    values = np.where(kind < 0.1, values + np.float32(0.5), values)
    return np.where(kind > 0.85, random.choice(NO_CODES, count), values)


def booster(raw: bytes) -> xgb.Booster:
    loaded = xgb.Booster({"nthread": 1})
    loaded.load_model(bytearray(raw))
    loaded.set_param({"nthread": 1})
    return loaded
