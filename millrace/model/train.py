"""Training: from a labelled table to a verified model artifact."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import numpy as np
import xgboost as xgb

from millrace.errors import UserError
from millrace.model.baseline import baseline
from millrace.model.golden import chosen, golden_rows, scores_of
from millrace.model.tables import LabelledTable
from model_store.artifact import Artifact
from model_store.event_format import EventFormat
from model_store.manifest import Manifest, ModelFile, ModelFramework, Output, members_of
from model_store.verify import verify
from predictors.xgboost import UBJ_FILE, XGBoost
from predictors.xgboost.booster import Booster
from records.timestamps import timestamp

HOLDOUT = 0.2
MIN_ROWS = 5  # below, no row would be held out
METRICS = {
    "binary": ("auc", "aucpr", "logloss", "error"),
    "multiclass": ("merror", "mlogloss"),
    "regression": ("rmse", "mae"),
}
OBJECTIVES = {"binary": "binary:logistic", "multiclass": "multi:softprob", "regression": "reg:squarederror"}


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to train, and how hard. Training stops early when the held-out rows stop getting better.

    features_path : the object in an event that has the features, a JSON Pointer ("": the event itself).
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


def train(table: LabelledTable, recipe: Recipe, on_round: Callable[[int, int], None] = lambda *_: None) -> Artifact:
    """Train on four fifths of the rows, measure on the rest; the artifact, verified.

    on_round : called with the rounds done and the rounds planned.

    Raises UserError.
    """
    if len(table.label) < MIN_ROWS:
        raise UserError(f"expected at least {MIN_ROWS} rows with a label, got {len(table.label)}")
    task = _task(table)
    order = np.random.default_rng(recipe.seed).permutation(len(table.label))
    held_out, rest = np.split(order, [int(len(order) * HOLDOUT)])
    training, holdout = _matrix(table, rest), _matrix(table, held_out)
    booster = xgb.train(
        _parameters(task, table, recipe),
        training,
        num_boost_round=recipe.rounds,
        evals=[(holdout, "holdout")],
        verbose_eval=False,
        callbacks=[
            xgb.callback.EarlyStopping(rounds=recipe.patience, save_best=True),
            _Progress(recipe.rounds, on_round),
        ],
    )
    booster.set_attr(**dict.fromkeys(booster.attributes()))
    return _artifact(booster, task, table, recipe, held_out, metrics(booster, holdout))


class _Progress(xgb.callback.TrainingCallback):
    def __init__(self, rounds: int, report: Callable[[int, int], None]) -> None:
        super().__init__()
        self._rounds, self._report = rounds, report

    def after_iteration(self, model: Any, epoch: int, evals_log: Any) -> bool:
        self._report(epoch + 1, self._rounds)
        return False


def _task(table: LabelledTable) -> str:
    if not table.classes:
        return "regression"
    return "binary" if len(table.classes) == 2 else "multiclass"


def _matrix(table: LabelledTable, rows: np.ndarray) -> xgb.DMatrix:
    return xgb.DMatrix(table.matrix[rows], table.label[rows], feature_names=[f.name for f in table.features])


def _parameters(task: str, table: LabelledTable, recipe: Recipe) -> dict[str, Any]:
    parameters: dict[str, Any] = {
        "objective": OBJECTIVES[task],
        # The last metric decides when to stop: the loss itself.
        "eval_metric": sorted(METRICS[task], key=lambda name: name.endswith(("loss", "rmse"))),
        "max_depth": recipe.depth,
        "eta": recipe.learning_rate,
        "subsample": 0.9,
        "seed": recipe.seed,
        "tree_method": "hist",
    }
    if task == "multiclass":
        parameters["num_class"] = len(table.classes)
    return parameters


def metrics(booster: xgb.Booster, rows: xgb.DMatrix) -> dict[str, float]:
    """XGBoost's own metrics, those that the booster is set to, on labelled rows."""
    parts = booster.eval(rows, "rows").split("\t")[1:]
    return {name.removeprefix("rows-"): float(value) for name, value in (part.split(":") for part in parts)}


def _artifact(
    booster: xgb.Booster,
    task: str,
    table: LabelledTable,
    recipe: Recipe,
    held_out: np.ndarray,
    measured: dict[str, float],
) -> Artifact:
    model = bytes(booster.save_raw("ubj"))
    width = len(table.classes) if task == "multiclass" else 1
    scores = scores_of(Booster(model), table.matrix[held_out])
    golden = chosen(table.matrix[held_out], table.features)
    manifest = Manifest(
        name=recipe.name,
        version=recipe.version,
        created_at=timestamp(datetime.now(UTC).timestamp()),
        framework=ModelFramework(XGBoost.name, xgb.__version__),
        task=task,
        objective=OBJECTIVES[task],
        features=members_of(recipe.features_path, table.features),
        output=Output(table.classes, recipe.threshold if task == "binary" else None, width),
        file=ModelFile.of(model, UBJ_FILE),
        golden_rows=golden_rows(table.matrix[held_out[golden]], scores[golden]),
        event=recipe.event,
        metrics=measured,
        baseline=baseline(table.features, table.matrix, scores),
    )
    artifact = Artifact(manifest, model)
    verify(artifact, compare=True)
    return artifact
