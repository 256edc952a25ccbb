"""Trains the benchmarks' models: the same ones each time, of trees that are full."""

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import xgboost as xgb

from benchmarks.workload import MOST_RECORDS, TRAINING_ROWS
from model_store.artifact import Artifact
from model_store.feature import Feature
from model_store.framework import ModelFramework
from model_store.golden_row import GoldenRow
from model_store.manifest import Manifest, ModelFile
from model_store.output import Output
from predictors.xgboost import UBJ_FILE, XGBoost
from predictors.xgboost.booster import Booster

if TYPE_CHECKING:
    from benchmarks.workload import Workload

GOLDEN_ROWS = 8


def make(workload: "Workload") -> None:
    """Train a model on noisy labels, which keep even late trees at their full depth; write it down with its rows."""
    size, random = workload.size, np.random.default_rng(7)
    data = random.normal(size=(TRAINING_ROWS, size.features)).astype(np.float32)
    signal = data[:, 0] + data[:, 1] * data[:, 2] - np.abs(data[:, 3])
    label = (signal + random.normal(scale=2.0, size=TRAINING_ROWS)) > 0
    training = xgb.DMatrix(data, label, feature_names=workload.names)
    parameters = {"objective": "binary:logistic", "max_depth": size.depth, "eta": 0.1, "min_child_weight": 0, "seed": 7}
    model = bytes(xgb.train(parameters, training, num_boost_round=size.trees).save_raw("ubj"))
    artifact(workload, model, data).write(workload.model_file.parent)
    rows = random.normal(size=(MOST_RECORDS, size.features))
    texts = [[f"{value:.6f}" for value in row] for row in rows.tolist()]
    (workload.folder / "rows.json").write_text(json.dumps(texts))


def artifact(workload: "Workload", model: bytes, data: Any, version: str = "1") -> Artifact:
    """data : rows, the first of which are golden."""
    golden = data[:GOLDEN_ROWS]
    scores = Booster(model).predict(golden.tobytes(), len(golden))
    manifest = Manifest(
        name=workload.model_name,
        version=version,
        created_at="2026-11-21T12:00:00.000Z",
        framework=ModelFramework(XGBoost.name, xgb.__version__),
        task="binary",
        objective="binary:logistic",
        features=tuple(Feature(name, "float") for name in workload.names),
        output=Output(("0", "1"), 0.5),
        file=ModelFile.of(model, UBJ_FILE),
        golden_rows=tuple(
            GoldenRow(tuple(map(float, row)), (score,)) for row, score in zip(golden, scores, strict=True)
        ),
    )
    return Artifact(manifest, model)
