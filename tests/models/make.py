"""Makes the model files of one folder, with the XGBoost that runs it: python make.py <folder>. See README.md."""

import json
import sys
from pathlib import Path

import numpy as np
import xgboost as xgb

NAMES = ["pages", "spend", "device"]
ROUNDS = 3
BASE = {"max_depth": 2, "nthread": 1, "seed": 1, "tree_method": "hist"}
KINDS = {
    "binary": {"objective": "binary:logistic"},
    "multiclass": {"objective": "multi:softprob", "num_class": 3},
    "softmax": {"objective": "multi:softmax", "num_class": 3},
    "regression": {"objective": "reg:squarederror", "base_score": 2.5},
    "ranking": {"objective": "rank:pairwise"},
    "dart": {"objective": "binary:logistic", "booster": "dart", "rate_drop": 0.5, "one_drop": 1},
    "categorical": {"objective": "binary:logistic", "max_cat_to_onehot": 1},
}
random = np.random.default_rng(1)


def matrix(rows):
    columns = [
        random.integers(1, 40, rows),
        np.where(random.random(rows) < 0.2, np.nan, random.gamma(2.0, 20.0, rows)),
        np.where(random.random(rows) < 0.1, np.nan, random.integers(0, 3, rows)),
    ]
    return np.column_stack(columns).astype(np.float32)


def data(kind, rows, label=None):
    types = ["int", "q", "c"] if kind == "categorical" else None
    made = xgb.DMatrix(rows, label, feature_names=NAMES, feature_types=types, enable_categorical=bool(types))
    if kind == "ranking" and label is not None:
        made.set_group([10] * (len(rows) // 10))
    return made


def label_of(kind, rows):
    truth = rows[:, 0] / 10 + np.nan_to_num(rows[:, 1]) / 30 + (np.nan_to_num(rows[:, 2]) % 2) * 2
    if kind in ("multiclass", "softmax"):
        return np.digitize(truth, [2.5, 5.0])
    return truth if kind == "regression" else truth > 3.5


def early(rows):
    """The best round is not the last: the held-out labels are noise."""
    held_out = xgb.DMatrix(rows[:60], random.random(60), feature_names=NAMES)
    parameters = {**BASE, "objective": "reg:squarederror", "eta": 1.0}
    training = data("regression", rows, label_of("regression", rows))
    return xgb.train(
        parameters, training, 9, evals=[(held_out, "holdout")], early_stopping_rounds=2, verbose_eval=False
    )


def main(folder):
    folder.mkdir(exist_ok=True)
    training, rows = matrix(200), matrix(8)
    made = {
        kind: xgb.train({**BASE, **parameters}, data(kind, training, label_of(kind, training)), ROUNDS)
        for kind, parameters in KINDS.items()
    }
    made["early"] = early(training)
    scores = {}
    for number, (kind, booster) in enumerate(made.items()):
        name = f"{kind}.{('json', 'ubj')[number % 2]}"
        booster.save_model(str(folder / name))
        rounds = (0, int(booster.attr("best_iteration")) + 1) if kind == "early" else (0, 0)
        scores[name] = booster.predict(data(kind, rows), iteration_range=rounds).tolist()
    expected = {"rows": np.where(np.isnan(rows), None, rows).tolist(), "scores": scores}
    (folder / "expected.json").write_text(json.dumps(expected) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
