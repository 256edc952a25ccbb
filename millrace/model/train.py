"""Training: from a labelled table to a verified model artifact."""

import math
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import xgboost as xgb

from millrace.errors import UserError
from millrace.model import calibrate
from millrace.model import held_out as held_out_rows
from millrace.model.tables import LabelledTable
from model_store import names
from model_store.artifact import Artifact
from model_store.event_format import EventFormat
from model_store.feature import members_of
from model_store.framework import ModelFramework
from model_store.manifest import Manifest, ModelFile
from model_store.output import Output
from model_store.verify import verify
from predictors.errors import ModelUnsound
from predictors.xgboost import UBJ_FILE, XGBoost
from predictors.xgboost.booster import Booster
from predictors.xgboost.objectives import task_of
from records.timestamps import timestamp
from training.baseline import baseline, with_attributions
from training.golden import chosen, golden_rows, scores_of

METRICS = {
    "binary": ("auc", "aucpr", "logloss", "error"),
    "multiclass": ("merror", "mlogloss"),
    "regression": ("rmse", "mae"),
}
# What follows from the table and the recipe.
# Parameters that are stated elsewhere, and where.
STATED_ELSEWHERE = {
    "num_class": "training sets it",
    "seed": "training sets it",
    "missing": "--missing-value states what counts as missing",
    "n_estimators": "--rounds states it",
    "num_boost_round": "--rounds states it",
    "early_stopping_rounds": "--early-stopping states it",
    "enable_categorical": "categories are codes here",
}
_REFUSED_IN_NAMES = set("[]<")
OBJECTIVES = {"binary": "binary:logistic", "multiclass": "multi:softprob", "regression": "reg:squarederror"}


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to train, and how hard. Training stops early when the held-out rows stop getting better.

    patience : rounds without a better loss on the held-out rows after which training stops; 0: never.
    stratify : hold out the same share of each class.
    newest_held_out : hold out the last rows of a table in order of time.
    parameters : XGBoost's own, over those that are set here; `objective` among them.
    features_path : the object in an event that has the features, a JSON Pointer ("": the event itself).
    calibrate : how scores are calibrated, on the held-out rows; None: not.
    """

    name: str
    version: str
    rounds: int = 400
    depth: int = 5
    learning_rate: float = 0.08
    patience: int = 30
    threshold: float = 0.5
    seed: int = 7
    event: EventFormat = field(default_factory=EventFormat)
    features_path: str = "/features"
    stratify: bool = True
    newest_held_out: bool = False
    parameters: Mapping[str, Any] = field(default_factory=dict)
    calibrate: str | None = None

    def check(self) -> None:
        """Raises DocumentInvalid where name or version is none."""
        names.check(self.name, "--name")
        names.check(self.version, "--version")

    def objective(self, task: str) -> str:
        """The objective for a task. Raises UserError where the one that was named is for another."""
        objective = str(self.parameters.get("objective", OBJECTIVES[task]))
        if objective == OBJECTIVES[task]:
            return objective
        try:
            found = task_of(objective)
        except ModelUnsound as error:
            raise UserError(f"--params objective={objective}: {error}") from None
        if found != task:
            raise UserError(f"--params objective={objective}: it is for {found}, the task is {task}: --task changes it")
        return objective


def train(table: LabelledTable, recipe: Recipe, on_round: Callable[[int, int], None] = lambda *_: None) -> Artifact:
    """Train on four fifths of the rows, measure on the others; the artifact, verified.

    on_round : called with the rounds done and the rounds planned.

    Raises UserError.
    """
    recipe.check()
    objective = recipe.objective(table.task)
    calibrate.check(recipe.calibrate, table.task, objective)
    if recipe.newest_held_out:
        held_out, rest = held_out_rows.newest(len(table.label))
    else:
        held_out, rest = held_out_rows.split(table.label, table.classes, recipe.seed, stratify=recipe.stratify)
    if table.classes and len(found := np.unique(table.label[rest])) < 2:
        raise UserError(
            f"expected rows of at least two classes to train on, got {len(table.label[rest]):,} of "
            f"{table.classes[int(found[0])]!r} only: a model would learn nothing else"
        )
    training, holdout = _matrix(table, rest), _matrix(table, held_out)
    stopping = xgb.callback.EarlyStopping(rounds=recipe.patience, save_best=True) if recipe.patience else None
    booster = _boosted(
        _parameters(objective, table, recipe),
        training,
        num_boost_round=recipe.rounds,
        evals=[(holdout, "holdout")],
        verbose_eval=False,
        callbacks=[*([stopping] if stopping else []), _Progress(recipe.rounds, on_round)],
    )
    booster.set_attr(**dict.fromkeys(booster.attributes()))
    return _artifact(booster, objective, table, recipe, held_out, metrics(booster, holdout))


def _boosted(parameters: Mapping[str, Any], *arguments: Any, **options: Any) -> xgb.Booster:
    """`xgb.train`, with its warning about a parameter that it does not have as an error. Raises UserError."""
    with warnings.catch_warnings(record=True) as caught, xgb.config_context(verbosity=1):
        warnings.simplefilter("always")
        try:
            booster = xgb.train(parameters, *arguments, **options)
        except (xgb.core.XGBoostError, TypeError) as error:
            raise UserError(f"XGBoost cannot train with these parameters: {_first_line(error)}") from None
    for warning in caught:
        if unused := re.search(r"Parameters: \{(.*?)\} are not used", str(warning.message)):
            raise UserError(f"--params: XGBoost has no use for {unused[1].strip()} here: is the name right?")
    return booster


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


def _matrix(table: LabelledTable, rows: np.ndarray) -> xgb.DMatrix:
    """Rows for XGBoost. Some names it refuses: then the model file has none, and the manifest has them all."""
    columns = [feature.name for feature in table.features]
    refused = any(set(column) & _REFUSED_IN_NAMES for column in columns)
    return xgb.DMatrix(table.matrix[rows], table.label[rows], feature_names=None if refused else columns)


def _parameters(objective: str, table: LabelledTable, recipe: Recipe) -> dict[str, Any]:
    if taken := STATED_ELSEWHERE.keys() & recipe.parameters.keys():
        raise UserError(f"--params {min(taken)}: expected no value, {STATED_ELSEWHERE[min(taken)]}")
    for name, value, wanted in (
        ("booster", recipe.parameters.get("booster") == "gblinear", "gbtree or dart"),
        ("quantile_alpha", isinstance(recipe.parameters.get("quantile_alpha"), list), "one number"),
    ):
        if value:
            raise UserError(
                f"--params {name}: expected {wanted}, got {recipe.parameters[name]}: "
                "train such a model with XGBoost, and import it (millrace model import)"
            )
    parameters: dict[str, Any] = {
        # The last metric decides when to stop: the loss itself.
        "eval_metric": sorted(METRICS[table.task], key=lambda name: name.endswith(("loss", "rmse"))),
        "max_depth": recipe.depth,
        "eta": recipe.learning_rate,
        "subsample": 0.9,
        "seed": recipe.seed,
        "tree_method": "hist",
        **recipe.parameters,
        "objective": objective,
    }
    if table.task == "multiclass":
        parameters["num_class"] = len(table.classes)
    return parameters


def metrics(booster: xgb.Booster, rows: xgb.DMatrix) -> dict[str, float]:
    """XGBoost's own metrics, those that the booster is set to, on labelled rows.

    One that these rows do not define is left out: AUC where all are of one class.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        parts = booster.eval(rows, "rows").split("\t")[1:]
    found = {name.removeprefix("rows-"): float(value) for name, value in (part.split(":") for part in parts)}
    return {name: value for name, value in found.items() if math.isfinite(value)}


def _artifact(
    booster: xgb.Booster,
    objective: str,
    table: LabelledTable,
    recipe: Recipe,
    held_out: np.ndarray,
    measured: dict[str, float],
) -> Artifact:
    model = bytes(booster.save_raw("ubj"))
    task = table.task
    width = len(table.classes) if task == "multiclass" else 1
    scores = scores_of(Booster(model), table.matrix[held_out])
    calibrator = None
    if recipe.calibrate:
        outcomes = table.label[held_out]
        calibrator = calibrate.fit(recipe.calibrate, scores, outcomes)
        measured = measured | {
            "logloss_calibrated": calibrate.log_loss_by_folds(recipe.calibrate, scores[:, 0], outcomes, recipe.seed)
        }
        scores = calibrate.applied(calibrator, scores)
    golden = chosen(table.matrix[held_out], table.features)
    manifest = Manifest(
        name=recipe.name,
        version=recipe.version,
        created_at=timestamp(datetime.now(UTC).timestamp()),
        framework=ModelFramework(XGBoost.name, xgb.__version__),
        task=task,
        objective=objective,
        features=members_of(recipe.features_path, table.features),
        output=Output(table.classes, recipe.threshold if task == "binary" else None, width, calibration=calibrator),
        file=ModelFile.of(model, UBJ_FILE),
        golden_rows=golden_rows(table.matrix[held_out[golden]], scores[golden]),
        event=recipe.event,
        metrics=measured,
        baseline=baseline(table.features, table.matrix, scores),
    )
    artifact = Artifact(manifest, model)
    return with_attributions(artifact, verify(artifact, compare=True), table.matrix)
