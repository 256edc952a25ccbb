"""Boosted trees by XGBoost: what `millrace model train` and the trainer's function have in common."""

from __future__ import annotations

import math
import re
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import xgboost as xgb

from predictors.errors import ModelUnsound
from predictors.xgboost.objectives import task_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    import numpy as np

METRICS = {
    "binary": ("auc", "aucpr", "logloss", "error"),
    "multiclass": ("merror", "mlogloss"),
    "regression": ("rmse", "mae"),
}
OBJECTIVES = {"binary": "binary:logistic", "multiclass": "multi:softprob", "regression": "reg:squarederror"}
_REFUSED_IN_NAMES = set("[]<")


class BoostingRefused(ValueError):
    """XGBoost cannot train like this; the message names the option."""


@dataclass(frozen=True, slots=True)
class OptionNames:
    """What the caller's users call the options, for messages."""

    parameters: str
    rounds: str
    patience: str
    missing: str

    def stated_elsewhere(self) -> dict[str, str]:
        """XGBoost's parameters that are no parameters here, and why."""
        return {
            "num_class": "training sets it",
            "seed": "training sets it",
            "missing": f"{self.missing} states what counts as missing",
            "n_estimators": f"{self.rounds} states it",
            "num_boost_round": f"{self.rounds} states it",
            "early_stopping_rounds": f"{self.patience} states it",
            "enable_categorical": "categories are codes here",
        }


@dataclass(frozen=True, slots=True)
class Boosting:
    """How to train, and how hard.

    task : a key of OBJECTIVES. classes : how many; 0 for a regression. names : of the options, in messages.
    patience : rounds without a better loss on the evaluated rows after which training stops; 0: never.
    parameters : XGBoost's own, over those that are set here; `objective` among them.
    """

    task: str
    classes: int
    names: OptionNames
    rounds: int = 400
    depth: int = 5
    learning_rate: float = 0.08
    patience: int = 30
    seed: int = 7
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def objective(self) -> str:
        """Raises BoostingRefused where the one that was named is for another task."""
        objective = str(self.parameters.get("objective", OBJECTIVES[self.task]))
        if objective == OBJECTIVES[self.task]:
            return objective
        try:
            found = task_of(objective)
        except ModelUnsound as error:
            raise BoostingRefused(f"{self.names.parameters} objective={objective}: {error}") from None
        if found != self.task:
            raise BoostingRefused(
                f"{self.names.parameters} objective={objective}: it is for {found}, the task is {self.task}: "
                f"name an objective of that task, such as {OBJECTIVES[self.task]}, or leave it out"
            )
        return objective

    def train(
        self, known: xgb.DMatrix, evaluated: xgb.DMatrix | None, on_round: Callable[[int, int], None] = lambda *_: None
    ) -> xgb.Booster:
        """The booster, without attributes; the same for the same rows. Raises BoostingRefused.

        evaluated : the rows by which it stops early; None: it does not. on_round : called with the rounds done and
            planned.
        """
        stopping = xgb.callback.EarlyStopping(rounds=self.patience, save_best=True) if self.patience else None
        booster = self._boosted(
            self._all_parameters(),
            known,
            num_boost_round=self.rounds,
            evals=[] if evaluated is None else [(evaluated, "evaluated")],
            verbose_eval=False,
            callbacks=[*([stopping] if stopping and evaluated is not None else []), _Progress(self.rounds, on_round)],
        )
        booster.set_attr(**dict.fromkeys(booster.attributes()))
        return booster

    def _all_parameters(self) -> dict[str, Any]:
        stated = self.names.stated_elsewhere()
        if taken := stated.keys() & self.parameters.keys():
            raise BoostingRefused(f"{self.names.parameters} {min(taken)}: expected no value, {stated[min(taken)]}")
        for name, value, wanted in (
            ("booster", self.parameters.get("booster") == "gblinear", "gbtree or dart"),
            ("quantile_alpha", isinstance(self.parameters.get("quantile_alpha"), list), "one number"),
        ):
            if value:
                raise BoostingRefused(
                    f"{self.names.parameters} {name}: expected {wanted}, got {self.parameters[name]}: "
                    "train such a model with XGBoost, and import it (millrace model import)"
                )
        parameters: dict[str, Any] = {
            # The last metric decides when to stop: the loss itself.
            "eval_metric": sorted(METRICS[self.task], key=lambda name: name.endswith(("loss", "rmse"))),
            "max_depth": self.depth,
            "eta": self.learning_rate,
            "subsample": 0.9,
            "seed": self.seed,
            "tree_method": "hist",
            **self.parameters,
            "objective": self.objective,
        }
        if self.task == "multiclass":
            parameters["num_class"] = self.classes
        return parameters

    def _boosted(self, parameters: Mapping[str, Any], *arguments: Any, **options: Any) -> xgb.Booster:
        """`xgb.train`, with its warning about a parameter that it does not have as an error. Raises BoostingRefused."""
        with warnings.catch_warnings(record=True) as caught, xgb.config_context(verbosity=1):
            warnings.simplefilter("always")
            try:
                booster = xgb.train(parameters, *arguments, **options)
            except (xgb.core.XGBoostError, TypeError) as error:
                raise BoostingRefused(f"XGBoost cannot train with these parameters: {_first_line(error)}") from None
        for warning in caught:
            if unused := re.search(r"Parameters: \{(.*?)\} are not used", str(warning.message)):
                name, option = unused[1].strip(), self.names.parameters
                raise BoostingRefused(f"{option}: XGBoost has no use for {name} here: is the name right?")
        return booster


def matrix(values: np.ndarray, labels: np.ndarray, columns: Sequence[str]) -> xgb.DMatrix:
    """Rows for XGBoost. Some names it refuses: then the model file has none, and the manifest has them all."""
    refused = any(set(column) & _REFUSED_IN_NAMES for column in columns)
    return xgb.DMatrix(values, labels, feature_names=None if refused else list(columns))


def metrics(booster: xgb.Booster, rows: xgb.DMatrix) -> dict[str, float]:
    """XGBoost's own metrics, those that the booster is set to, on labelled rows.

    One that these rows do not define is left out: AUC where all are of one class.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parts = booster.eval(rows, "rows").split("\t")[1:]
    found = {name.removeprefix("rows-"): float(value) for name, value in (part.split(":") for part in parts)}
    return {name: value for name, value in found.items() if math.isfinite(value)}


def _first_line(error: Exception) -> str:
    """XGBoost's message without where in its code it was raised, and without its stack."""
    lines = [line for line in str(error).splitlines() if line.strip()]
    return re.sub(r"^\[[\d:]+\] \S+:\d+: ", "", lines[0]) if lines else repr(error)


class _Progress(xgb.callback.TrainingCallback):
    def __init__(self, rounds: int, report: Callable[[int, int], None]) -> None:
        super().__init__()
        self._rounds, self._report = rounds, report

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        self._report(epoch + 1, self._rounds)
        return False
