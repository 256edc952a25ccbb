"""Small trained models of every kind, and artifacts around them."""

from array import array
from functools import cache
from itertools import accumulate
from typing import Any

import numpy as np
import xgboost as xgb

from model_store.artifact import Artifact
from model_store.feature import Feature
from model_store.framework import ModelFramework
from model_store.golden_row import GoldenRow
from model_store.manifest import Manifest, ModelFile
from model_store.output import Output
from predictors.xgboost import JSON_FILE, UBJ_FILE, ubj
from predictors.xgboost.booster import Booster
from tests.fakes.ubj import encode

# One feature of each type, with and without missing values.
FEATURES = (
    Feature("pages", "int", allow_missing=False),
    Feature("spend", "float"),
    Feature("returning", "bool"),
    Feature("device", "category", categories=("desktop", "mobile", "tablet")),
    Feature("referrer", "category", categories=("ads", "search"), unknown_category="missing"),
)
NAMES = [feature.name for feature in FEATURES]
OBJECTIVES = {
    "binary": "binary:logistic",
    "multiclass": "multi:softprob",
    "regression": "reg:squarederror",
    "ranking": "rank:pairwise",
    "dart": "binary:logistic",
    "categorical": "binary:logistic",
}
OUTPUTS = {
    "binary": Output(("no", "yes"), 0.5),
    "multiclass": Output(("none", "some", "many"), None, 3),
    "regression": Output(),
    "ranking": Output(),
    "dart": Output(("no", "yes"), 0.5),
    "categorical": Output(("no", "yes"), 0.5),
}
TASKS = dict.fromkeys(OBJECTIVES, "binary") | {name: name for name in ("multiclass", "regression", "ranking")}
KINDS = tuple(OBJECTIVES)
_PARAMETERS: dict[str, dict[str, Any]] = {
    "multiclass": {"num_class": 3},
    "dart": {"rate_drop": 0.5, "one_drop": True},
    "categorical": {"max_cat_to_onehot": 1},
}


def matrix(rows: int, seed: int = 1) -> np.ndarray:
    """Rows as the scorer sees them: float32, NaN for missing."""
    random = np.random.default_rng(seed)
    columns = [
        random.integers(1, 40, rows),
        np.where(random.random(rows) < 0.2, np.nan, random.gamma(2.0, 20.0, rows)),
        np.where(random.random(rows) < 0.1, np.nan, random.integers(0, 2, rows)),
        np.where(random.random(rows) < 0.1, np.nan, random.integers(0, 3, rows)),
        np.where(random.random(rows) < 0.1, np.nan, random.integers(0, 2, rows)),
    ]
    return np.column_stack(columns).astype(np.float32)


@cache
def booster(kind: str, seed: int = 1) -> xgb.Booster:
    """A model of 8 rounds; another seed gives another model."""
    data = matrix(400, seed)
    score = data[:, 0] / 10 + np.nan_to_num(data[:, 1]) / 30 + (np.nan_to_num(data[:, 3]) % 2) * 2
    label = {"multiclass": np.digitize(score, [2.5, 5.0]), "regression": score}.get(kind, score > 3.5)
    types = ["int", "q", "i", "c", "c"] if kind == "categorical" else None
    training = xgb.DMatrix(data, label, feature_names=NAMES, feature_types=types, enable_categorical=bool(types))
    if kind == "ranking":
        training.set_group([10] * 40)
    parameters = {
        "objective": OBJECTIVES[kind],
        "max_depth": 3,
        "seed": seed,
        "nthread": 1,
        **_PARAMETERS.get(kind, {}),
    }
    return xgb.train(parameters, training, num_boost_round=8)


def artifact(
    kind: str = "binary",
    *,
    version: str = "1",
    name: str = "sessions",
    seed: int = 1,
    file: str = UBJ_FILE,
    **changes: Any,
) -> Artifact:
    """An artifact that passes every check; `changes` replace members of its manifest."""
    model = bytes(booster(kind, seed).save_raw("json" if file == JSON_FILE else "ubj"))
    return Artifact(manifest(kind, model, version=version, name=name, file=file, **changes), model)


def keep_categories(model: dict[str, Any]) -> dict[str, Any]:
    """A decoded model, made to keep the names of its categories, as one that was trained on a data frame does."""
    names = [feature.categories for feature in FEATURES]
    ends = list(accumulate(map(len, names), initial=0))
    entries = []
    for texts in names:
        raw = [text.encode() for text in texts]
        offsets = list(accumulate(map(len, raw), initial=0)) if texts else []
        entries.append({"offsets": array("i", offsets), "values": array("b", b"".join(raw))})
    order = array("i", [code for texts in names for code in range(len(texts))])
    cats = {"enc": entries, "feature_segments": array("i", ends), "sorted_idx": order}
    model["learner"]["gradient_booster"]["model"]["cats"] = cats
    return model


def with_base_score(model: xgb.Booster, base_score: float) -> bytes:
    """The model's UBJSON file, with another base score, as its training could have left it."""
    decoded = ubj.decode(bytes(model.save_raw("ubj")))
    decoded["learner"]["learner_model_param"]["base_score"] = f"[{base_score!r}]"
    return encode(decoded)


def manifest(kind: str, model: bytes, *, file: str = UBJ_FILE, **changes: Any) -> Manifest:
    """A manifest that fits the model; golden rows are scored with the model itself unless they are given."""
    rows = matrix(4, seed=9)
    members: dict[str, Any] = {
        "name": "sessions",
        "version": "1",
        "created_at": "2026-01-02T03:04:05.000Z",
        "framework": ModelFramework("xgboost", xgb.__version__),
        "task": TASKS[kind],
        "objective": OBJECTIVES[kind],
        "features": FEATURES,
        "output": OUTPUTS[kind],
        "file": ModelFile.of(model, file),
    }
    members |= changes
    if "golden_rows" not in members:
        scores = np.frombuffer(Booster(model).predict(rows.tobytes(), len(rows)), np.float32).reshape(len(rows), -1)
        members["golden_rows"] = tuple(
            GoldenRow(tuple(None if np.isnan(v) else float(v) for v in row), tuple(map(float, row_scores)))
            for row, row_scores in zip(rows, scores, strict=True)
        )
    return Manifest(**members)
