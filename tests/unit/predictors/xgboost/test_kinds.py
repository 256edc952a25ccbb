"""Every kind of model that is served, in both formats, against what XGBoost's own Python predicts for the same rows."""

from functools import cache
from typing import Any

import numpy as np
import pytest
import xgboost as xgb

from model_store.artifact import Artifact
from model_store.feature import Feature
from model_store.framework import ModelFramework
from model_store.golden_row import GoldenRow
from model_store.manifest import Manifest, ModelFile
from model_store.output import Output
from model_store.verify import verify
from predictors.xgboost import XGBoost, ubj
from predictors.xgboost.agreement import best_rounds
from predictors.xgboost.objectives import TASKS
from tests.fakes.artifacts import matrix

NAMES = ("pages", "spend", "returning", "device", "referrer")
TRAINING = matrix(400, seed=1)
ROWS = matrix(100, seed=2)
TRUTH = TRAINING[:, 0] / 10 + np.nan_to_num(TRAINING[:, 1]) / 30 + (np.nan_to_num(TRAINING[:, 3]) % 2) * 2
CODES = ("float", "float", "float", "c", "c")  # of XGBoost: `c` is split by category

# Objectives that need more than their name.
PARAMETERS: dict[str, dict[str, Any]] = {
    "multi:softprob": {"num_class": 3},
    "reg:quantileerror": {"quantile_alpha": 0.3},
    "reg:expectileerror": {"expectile_alpha": 0.3},
    "reg:pseudohubererror": {"huber_slope": 10.0, "base_score": 3.0},
}
# Models that are particular in some other way: parameters, and XGBoost's feature types.
PARTICULAR: dict[str, tuple[dict[str, Any], tuple[str, ...] | None]] = {
    "dart": ({"rate_drop": 0.5, "one_drop": True}, None),
    "dart of three classes": (
        {"rate_drop": 0.5, "one_drop": True, "objective": "multi:softprob", "num_class": 3},
        None,
    ),
    "base score by hand": ({"base_score": 0.2}, None),
    "base score by hand, regression": ({"base_score": -3.5, "objective": "reg:squarederror"}, None),
    "base score for each class": ({"objective": "multi:softprob", "num_class": 3}, None),
    "several trees a round": ({"num_parallel_tree": 3, "subsample": 0.5}, None),
    "category against the rest": ({"max_cat_to_onehot": 10}, CODES),
    "sets of categories": ({"max_cat_to_onehot": 1}, CODES),
    "categories with dart": ({"max_cat_to_onehot": 1, "rate_drop": 0.5, "one_drop": True}, CODES),
    "categories as codes": ({}, None),
    "lossguide": ({"grow_policy": "lossguide", "max_leaves": 9, "max_depth": 0}, None),
    "monotone": ({"monotone_constraints": "(1,0,0,0,0)"}, None),
    "one leaf": ({"gamma": 1e9}, None),
}


def label(objective: str) -> np.ndarray:
    match objective:
        case "multi:softprob":
            return np.digitize(TRUTH, [2.5, 5.0])
        case objective if objective.startswith("binary") or objective == "reg:logistic":
            return TRUTH > 3.5
        case "rank:map":  # knows only of relevant or not
            return TRUTH > 3.5
        case objective if objective.startswith("rank"):
            return np.digitize(TRUTH, [2.0, 4.0, 6.0])
    return TRUTH + 0.5


@cache
def train(objective: str, particular: str = "", rounds: int = 6) -> xgb.Booster:
    parameters, types = PARTICULAR.get(particular, ({}, None))
    parameters = {"objective": objective, "max_depth": 3, "nthread": 1, **PARAMETERS.get(objective, {}), **parameters}
    data = xgb.DMatrix(TRAINING, feature_names=NAMES, feature_types=types, enable_categorical=bool(types))
    truth = label(parameters["objective"])
    if objective == "survival:aft":
        data.set_info(label_lower_bound=truth, label_upper_bound=truth + 1)
    else:
        data.set_label(truth)
    if objective.startswith("rank"):
        data.set_group([10] * 40)
    return xgb.train(parameters, data, num_boost_round=rounds)


def predicted(booster: xgb.Booster, rows: np.ndarray, rounds: int = 0) -> np.ndarray:
    """XGBoost's own prediction, by the way that its users take."""
    data = xgb.DMatrix(rows, feature_names=NAMES, feature_types=booster.feature_types, enable_categorical=True)
    return booster.predict(data, iteration_range=(0, rounds)).reshape(len(rows), -1)


def artifact(booster: xgb.Booster, file: str, rounds: int = 0) -> Artifact:
    model = bytes(booster.save_raw(file.removeprefix("model.")))
    learner = ubj.decode(bytes(booster.save_raw("ubj")))["learner"]
    objective, classes = learner["objective"]["name"], max(1, int(learner["learner_model_param"]["num_class"]))
    golden = ROWS[:4]
    scores = predicted(booster, golden, rounds).tolist()
    categories = {"device": ("desktop", "mobile", "tablet"), "referrer": ("ads", "search")}
    return Artifact(
        Manifest(
            name="m",
            version="1",
            created_at="2026-01-02T03:04:05.000Z",
            framework=ModelFramework("xgboost", xgb.__version__),
            task=TASKS[objective],
            objective=objective,
            features=tuple(
                Feature(name, "category" if name in categories else "float", categories=categories.get(name, ()))
                for name in NAMES
            ),
            output=Output(width=classes),
            file=ModelFile.of(model, file),
            golden_rows=tuple(
                GoldenRow(tuple(None if v != v else v for v in row), tuple(one))
                for row, one in zip(golden.tolist(), scores, strict=True)
            ),
            rounds=rounds,
        ),
        model,
    )


def served(one: Artifact, rows: np.ndarray) -> np.ndarray:
    scores = verify(one).predict(rows.tobytes(), len(rows))
    return np.frombuffer(scores, np.float32).reshape(len(rows), -1)


@pytest.mark.parametrize("file", XGBoost().model_files)
@pytest.mark.parametrize("objective", TASKS)
def test_every_objective_scores_as_xgboost_does(objective, file):
    booster = train(objective)
    expected = predicted(booster, ROWS)
    assert np.isnan(ROWS).any(axis=0).sum() == 4  # missing values in all columns but the first
    assert expected.shape == (len(ROWS), 3 if objective == "multi:softprob" else 1)
    assert len(np.unique(expected)) > (1 if objective == "binary:hinge" else 8)
    np.testing.assert_array_equal(served(artifact(booster, file), ROWS), expected)


@pytest.mark.parametrize("file", XGBoost().model_files)
@pytest.mark.parametrize("particular", PARTICULAR)
def test_every_particular_model_scores_as_xgboost_does(particular, file):
    booster = train("binary:logistic", particular)
    expected = predicted(booster, ROWS)
    assert np.isfinite(expected).all()
    np.testing.assert_array_equal(served(artifact(booster, file), ROWS), expected)


def test_what_is_particular_is_in_the_models():
    """Or the tests above would prove less than they say."""
    learners = {
        name: ubj.decode(bytes(train("binary:logistic", name).save_raw("ubj")))["learner"] for name in PARTICULAR
    }
    trees = {name: learner["gradient_booster"]["model"]["trees"] for name, learner in learners.items()}
    assert any(weight != 1 for weight in learners["dart"]["gradient_booster"]["model"]["weight_drop"])
    scores = learners["base score for each class"]["learner_model_param"]["base_score"]
    assert len(set(scores.strip("[]").split(","))) == 3
    assert float(learners["base score by hand"]["learner_model_param"]["base_score"].strip("[]")) == pytest.approx(0.2)
    assert len(trees["several trees a round"]) == 18
    assert any(max(tree["categories_sizes"], default=0) > 1 for tree in trees["sets of categories"])
    assert {size for tree in trees["category against the rest"] for size in tree["categories_sizes"]} == {1}
    assert {len(tree["left_children"]) for tree in trees["one leaf"]} == {1}


@pytest.mark.parametrize("file", XGBoost().model_files)
@pytest.mark.parametrize(
    "particular", ["", "dart", "dart of three classes", "several trees a round", "sets of categories"]
)
def test_only_the_rounds_up_to_the_best_one_count(particular, file):
    booster = train("binary:logistic", particular).copy()
    booster.set_attr(best_iteration="2")
    expected = predicted(booster, ROWS, rounds=3)
    assert not np.array_equal(expected, predicted(booster, ROWS))
    np.testing.assert_array_equal(served(artifact(booster, file, rounds=3), ROWS), expected)


def test_early_stopping_writes_the_best_round_into_the_file():
    held_out = xgb.DMatrix(ROWS, np.random.default_rng(1).random(len(ROWS)), feature_names=NAMES)
    booster = xgb.train(
        {"objective": "reg:squarederror", "eta": 1.0, "nthread": 1},
        xgb.DMatrix(TRAINING, TRUTH, feature_names=NAMES),
        50,
        evals=[(held_out, "holdout")],
        early_stopping_rounds=3,
        verbose_eval=False,
    )
    best = best_rounds(ubj.decode(bytes(booster.save_raw("ubj")))["learner"])
    assert best == booster.best_iteration + 1 < booster.num_boosted_rounds()
    expected = predicted(booster, ROWS, rounds=best)
    np.testing.assert_array_equal(served(artifact(booster, "model.ubj", rounds=best), ROWS), expected)


def test_rows_without_any_value_score_as_xgboost_does():
    empty = np.full((3, len(NAMES)), np.nan, np.float32)
    for particular in ("", "dart", "sets of categories"):
        booster = train("binary:logistic", particular)
        np.testing.assert_array_equal(served(artifact(booster, "model.ubj"), empty), predicted(booster, empty))
