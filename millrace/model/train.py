"""Training: from a labelled table to a verified model artifact."""

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
from predictors.xgboost import UBJ_FILE, XGBoost
from predictors.xgboost.booster import Booster
from records.timestamps import timestamp
from training.baseline import baseline, with_attributions
from training.boosting import Boosting, BoostingRefused, OptionNames, matrix, metrics
from training.golden import chosen, golden_rows, scores_of

# What this command's options are called, in messages.
OPTIONS = OptionNames("--params", "--rounds", "--early-stopping", "--missing-value")


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

    def boosting(self, table: LabelledTable) -> Boosting:
        """How XGBoost is to train on a table."""
        return Boosting(
            table.task,
            len(table.classes),
            OPTIONS,
            rounds=self.rounds,
            depth=self.depth,
            learning_rate=self.learning_rate,
            patience=self.patience,
            seed=self.seed,
            parameters=self.parameters,
        )

    def objective(self, table: LabelledTable) -> str:
        """Raises UserError where the one that was named is for another task."""
        try:
            return self.boosting(table).objective
        except BoostingRefused as error:
            raise UserError(str(error)) from None


def train(table: LabelledTable, recipe: Recipe, on_round: Callable[[int, int], None] = lambda *_: None) -> Artifact:
    """Train on four fifths of the rows, measure on the others; the artifact, verified.

    on_round : called with the rounds done and the rounds planned.

    Raises UserError.
    """
    recipe.check()
    objective = recipe.objective(table)
    calibrate.check(recipe.calibrate, table.task, objective)
    if recipe.newest_held_out:
        held_out, rest = held_out_rows.newest(len(table.label))
    else:
        held_out, rest = held_out_rows.split(table.label, table.classes, recipe.seed, stratify=recipe.stratify)
    if table.classes and len(found := np.unique(table.label[rest])) < 2:
        raise UserError(
            f"expected rows of at least two classes to train on, got {len(table.label[rest]):,} of "
            f"{table.classes[int(found[0])]!r} only: add rows of other classes"
        )
    training, holdout = _matrix(table, rest), _matrix(table, held_out)
    try:
        booster = recipe.boosting(table).train(training, holdout, on_round)
    except BoostingRefused as error:
        raise UserError(str(error)) from None
    return _artifact(booster, objective, table, recipe, held_out, metrics(booster, holdout))


def _matrix(table: LabelledTable, rows: np.ndarray) -> xgb.DMatrix:
    return matrix(table.matrix[rows], table.label[rows], [feature.name for feature in table.features])


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
