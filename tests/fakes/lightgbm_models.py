"""LightGBM models of every kind, trained in a moment, and rows that lead to their edges."""

from typing import Any

import lightgbm
import numpy as np
import polars as pl

NAMES = ["a", "b", "kind", "code", "gap"]
INTEGERS = (2, 3)
TRAINING: dict[str, Any] = {"verbose": -1, "num_threads": 1, "deterministic": True, "min_data_in_leaf": 3}
RANK_GROUP = 10


def matrix(rows: int, seed: int = 1) -> np.ndarray:
    """Float32: normal numbers with gaps, codes of categories and of integers, and a column that is often 0."""
    random = np.random.default_rng(seed)
    columns = [
        random.normal(size=rows),
        random.gamma(2.0, 20.0, rows),
        random.integers(0, 40, rows),
        random.integers(0, 5, rows),
        np.where(random.random(rows) < 0.5, 0, random.normal(size=rows)),
    ]
    gaps = random.random((rows, len(columns))) < 0.1
    return np.where(gaps, np.nan, np.column_stack(columns)).astype(np.float32)


def truth(rows: np.ndarray) -> np.ndarray:
    a, b, kind, code, gap = np.nan_to_num(rows.astype(float)).T
    return a + b / 20 * (code % 2) + (kind % 3) - gap


def label(objective: str, rows: np.ndarray) -> np.ndarray:
    value = truth(rows)
    match objective:
        case "binary":
            return value > 1.5
        case "multiclass" | "multiclassova" | "lambdarank" | "rank_xendcg":
            return np.digitize(value, [0.5, 2.5])
        case "poisson" | "gamma" | "tweedie":
            return np.exp(value / 5)
        case "cross_entropy" | "cross_entropy_lambda":
            return 1 / (1 + np.exp(-value))
    return value


def trained(
    objective: str,
    *,
    rows: np.ndarray | None = None,
    scaled: np.ndarray | None = None,
    rounds: int = 8,
    categorical: bool = True,
    **parameters: Any,
) -> lightgbm.Booster:
    """A model of `scaled`, by default of `rows`, whose label is computed from `rows`."""
    rows = matrix(600) if rows is None else rows
    ranked = objective in ("lambdarank", "rank_xendcg")
    data = lightgbm.Dataset(
        rows if scaled is None else scaled,
        label(objective, rows),
        feature_name=NAMES,
        categorical_feature=["kind"] if categorical else [],
        group=[RANK_GROUP] * (len(rows) // RANK_GROUP) if ranked else None,
    )
    classes = {"num_class": 3} if objective.startswith("multiclass") else {}
    if parameters.get("boosting") == "rf":
        parameters |= {"bagging_freq": 1, "bagging_fraction": 0.6}
    return lightgbm.train({**TRAINING, "objective": objective, **classes, **parameters}, data, rounds)


def frame(rows: np.ndarray) -> pl.DataFrame:
    """The rows as a table, as producers send them: integers where the columns are."""
    table = pl.DataFrame(rows, schema=NAMES).with_columns(pl.all().fill_nan(None))
    return table.with_columns(pl.col([NAMES[column] for column in INTEGERS]).cast(pl.Int64))
