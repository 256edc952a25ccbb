"""Reading a plain model file of XGBoost or LightGBM: what it says of itself, and the same model in XGBoost's format.

Nothing of it reaches XGBoost before its structure was checked, as everywhere else.
"""

import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xgboost as xgb

from millrace.errors import UserError
from millrace.model import foreign_files, wrapped_files
from millrace.model.lightgbm_import import STARTS, LightGBMModel
from predictors.xgboost import agreement, categories, model_json, objectives, structure, ubj

OLDEST = [1, 0]
WHITE_SPACE = b" \t\r\n\xef\xbb\xbf"  # with a byte order mark
JSON_STARTS = b'" \t\r\n'  # behind the brace
FLOATS = ("base_weights", "loss_changes", "split_conditions", "sum_hessian")


@dataclass(frozen=True, slots=True)
class PlainModel:
    """A model file, read.

    original : the model as the file has it, ready to predict.
    model : its bytes in UBJSON, written by the XGBoost that is installed.
    learner : those bytes, decoded: the part with objective, names and trees.
    lightgbm : what the model was converted from; None for one of XGBoost.
    """

    original: xgb.Booster
    model: bytes
    learner: Mapping[str, Any]
    xgboost_version: str
    lightgbm: LightGBMModel | None = None

    @property
    def objective(self) -> str:
        name: str = self.learner["objective"]["name"]
        return name

    @property
    def task(self) -> str:
        return objectives.task_of(self.objective, self.outputs)

    @property
    def columns(self) -> int:
        return int(self.learner["learner_model_param"]["num_feature"])

    @property
    def width(self) -> int:
        """Scores a row."""
        return max(1, int(self.learner["learner_model_param"]["num_class"])) * self.outputs

    @property
    def outputs(self) -> int:
        """Targets, labels or quantiles: 1 for most models."""
        return agreement.outputs_of(self.learner)

    @property
    def quantiles(self) -> tuple[str, ...]:
        """The quantiles or expectiles that the objective was given, where there are several."""
        parameters = self.learner["objective"]
        texts = (
            parameters.get("quantile_loss_param", {}).get("quantile_alpha", ""),
            parameters.get("expectile_loss_param", {}).get("expectile_alpha", ""),
        )
        found = next((text for text in texts if text), "").strip("[]").split(",")
        return tuple(f"{float(text):g}" for text in found) if len(found) == self.outputs > 1 else ()

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names in the model's order; empty where it has none."""
        return self.lightgbm.file.names if self.lightgbm else tuple(self.learner.get("feature_names", ()))

    def name_of(self, column: str) -> str:
        """The model's own name of a column: LightGBM has `_` for spaces."""
        with_lines = column.replace(" ", "_")
        return with_lines if self.lightgbm and column not in self.names and with_lines in self.names else column

    @property
    def categories(self) -> tuple[tuple[str, ...], ...]:
        """The categories of each column, in the order of their codes; empty for a column without."""
        if self.lightgbm:
            return self.lightgbm.file.categories
        if agreement.is_linear(self.learner):
            return ((),) * self.columns
        kept = categories.names(agreement.forest_of(self.learner).get("cats", {}), self.columns)
        return tuple(kept) or ((),) * self.columns


def read(path: Path) -> PlainModel:
    """Read a model that XGBoost saved as UBJ or JSON, since 1.0, in what tools wrap it in (`wrapped_files`).

    LightGBM's text model is converted. Raises UserError, which says what to do.
    """
    raw, name = wrapped_files.read(path)
    raw = foreign_files.without_class_count(raw)
    if raw[:16].lstrip(WHITE_SPACE)[:1] == b"{":
        raw = raw.lstrip(WHITE_SPACE)
    try:
        lightgbm = LightGBMModel(raw) if STARTS.match(raw) else None
        raw = lightgbm.converted() if lightgbm else raw
        decoded = _decode(raw, name)
        version = _check(decoded)
        original = _load(_with_floats(decoded) or raw)
        model = bytes(original.save_raw("ubj"))
        return PlainModel(original, model, ubj.decode(model)["learner"], version, lightgbm)
    except ValueError as error:  # XGBoostError is one
        # XGBoost's own messages come with a stack trace, and some with the whole model.
        raise UserError(f"{path}: {str(error).partition('\n')[0]:.700}") from None


def _decode(raw: bytes, name: str) -> Any:
    if found := foreign_files.described(raw, name):
        raise ValueError(f"expected a model file in UBJSON or JSON, got {found}")
    decoded = model_json.decode(raw, nan=True) if raw[1:2] in JSON_STARTS else ubj.decode(raw)
    _with_numbers_for_booleans(decoded)
    return decoded


def _with_numbers_for_booleans(model: Any) -> None:
    """XGBoost before 1.6 writes true and false for `default_left` and `split_type`."""
    for tree in _trees(model):
        for key in ("default_left", "split_type"):
            if type(tree.get(key)) is list:
                tree[key] = [int(value) if type(value) is bool else value for value in tree[key]]


def _with_floats(model: Any) -> bytes | None:
    """The model as JSON, where another program (jq, JavaScript) wrote its floats as integers, which XGBoost refuses.

    None where all floats are floats.
    """
    changed = False
    for tree in _trees(model):
        for key in FLOATS:
            if type(tree.get(key)) is list and any(type(value) is int for value in tree[key]):
                tree[key] = [float(value) for value in tree[key]]
                changed = True
    return json.dumps(model, default=list).encode() if changed else None


def _trees(model: Any) -> list[dict[str, Any]]:
    """The trees of a model that was not checked yet; none where it has another shape."""
    try:
        return [tree for tree in agreement.forest_of(model["learner"])["trees"] if type(tree) is dict]
    except (KeyError, TypeError, AttributeError):
        return []


def _check(model: Any) -> str:
    """The version that wrote a decoded model. Raises ValueError where it is too old, unsound or of no kind we serve."""
    try:
        version = [int(part) for part in list(model["version"])]
        learner = model["learner"]
        objective = learner["objective"]["name"]
        parameters = learner["learner_model_param"]
        columns, classes = int(parameters["num_feature"]), max(1, int(parameters["num_class"]))
        targets = int(parameters.get("num_target", "1"))
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"expected a model as save_model writes it, a member is missing or wrong: {error!r}") from None
    written_by = ".".join(map(str, version))
    if version < OLDEST or len(version) != 3:
        raise ValueError(f"expected XGBoost 1.0 or newer, got {written_by}")
    if objective != "multi:softmax":
        objectives.task_of(objective, max(1, targets))
    names: Sequence[Any] = learner.get("feature_names") or range(columns)
    if agreement.rounds_of(learner) == 0:
        raise ValueError("expected a model with boosting rounds, got one without: it predicts its base score alone")
    structure.check(model, features=names, classes=classes * max(1, targets), objective=objective)
    return written_by


def _load(raw: bytes) -> xgb.Booster:
    """Softmax becomes softprob: the same trees, and all the scores instead of the top class alone."""
    with xgb.config_context(verbosity=0), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        booster = xgb.Booster()
        booster.load_model(bytearray(raw))
        if '"multi:softmax"' in booster.save_config():
            booster.set_param({"objective": "multi:softprob"})
    return booster
