"""The learner of the framework `xgboost`: `trees`, boosted trees for classes or a number.

A tenth of the rows that are trained on decides when to stop: those that are held out are evaluated on only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import xgboost as xgb

from model_store.framework import ModelFramework
from predictors.xgboost import UBJ_FILE, XGBoost
from trainer.errors import TrainingRefused
from trainer.learners import Learner, TrainedModel
from training.boosting import Boosting, BoostingRefused, OptionNames, matrix

if TYPE_CHECKING:
    from typing import Any

    from trainer.learners import KnownRows
    from trainer.options import LearnerOptions

NAMES = OptionNames("options.parameters", "options.rounds", "options.patience", "an empty field of the table")
STOPPING_SHARE, LEAST_STOPPING = 10, 10  # a tenth; with fewer rows chance would decide, and none is left out
# What is evaluated are probabilities, and numbers next to the label's.
OBJECTIVES = ("binary:logistic", "multi:softprob", "count:poisson", "reg:")


def fit(known: KnownRows, options: LearnerOptions, seed: int) -> TrainedModel:
    boosting = _boosting(known, options, seed)
    train_on, stop_by = _divided(known, boosting, seed)
    try:
        if not boosting.objective.startswith(OBJECTIVES):
            raise TrainingRefused(
                f"options.parameters: expected an objective of {', '.join(OBJECTIVES)}…, got {boosting.objective}: "
                "train it with `millrace model train`, or import it"
            )
        booster = boosting.train(_matrix(known, train_on), None if stop_by is None else _matrix(known, stop_by))
    except BoostingRefused as error:
        raise TrainingRefused(str(error)) from None
    framework = ModelFramework(XGBoost.name, xgb.__version__)
    return TrainedModel(framework, UBJ_FILE, bytes(booster.save_raw("ubj")), boosting.objective)


LEARNERS = {"trees": Learner(fit, numbers=True, mixed=True)}


def _boosting(known: KnownRows, options: LearnerOptions, seed: int) -> Boosting:
    rounds = options.integer("rounds", 1, 10_000, 400)
    depth = options.integer("depth", 1, 20, 5)
    rate = options.number("learning_rate", 1e-4, 1.0, 0.08)
    patience = options.integer("patience", 0, 1_000, 30)
    parameters = options.members("parameters")
    options.end("trees")
    classes = 0 if known.targets.dtype == np.float64 else int(known.targets.max()) + 1
    task = "regression" if not classes else "binary" if classes == 2 else "multiclass"
    return Boosting(
        task, classes, NAMES, rounds=rounds, depth=depth, learning_rate=rate, patience=patience, seed=seed,
        parameters=parameters,
    )  # fmt: skip


def _divided(known: KnownRows, boosting: Boosting, seed: int) -> tuple[Any, Any]:
    """The places of the rows to train on, and of those to stop by: of each class the same share; or all, and None."""
    order = np.random.default_rng([seed, 1]).permutation(len(known.targets))
    codes = known.targets[order] if boosting.classes else np.zeros(len(order), np.int64)
    kinds = [order[codes == code] for code in range(max(1, boosting.classes))]
    stop_by = np.concatenate([rows[: len(rows) // STOPPING_SHARE] for rows in kinds])
    if not boosting.patience or len(stop_by) < LEAST_STOPPING:
        return order, None
    return np.concatenate([rows[len(rows) // STOPPING_SHARE :] for rows in kinds]), stop_by


def _matrix(known: KnownRows, places: np.ndarray) -> xgb.DMatrix:
    return matrix(known.values[places], known.targets[places], known.columns)
