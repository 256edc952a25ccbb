"""Reading a plain XGBoost model file: what it says of itself, and the same model in today's format.

Nothing of it reaches XGBoost before its structure was checked, as everywhere else.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import xgboost as xgb

from millrace.errors import UserError
from model_store.verify import MAX_MODEL_BYTES
from predictors.xgboost import agreement, categories, model_json, objectives, structure, ubj

OLDEST = [1, 6]

# What people try to import instead of a model file, by its first bytes: what it is, and what to do.
_SAVE_IT = "save the model with save_model('model.ubj') in the program that has it"
_FOREIGN = {
    b"\x80": f"a Python pickle (or joblib), which runs whatever code is in it: {_SAVE_IT}",
    b"binf": "XGBoost's old binary format, which is no longer read: load it with XGBoost 1.6 to 2.1, save it as .json",
    b"bs64": "XGBoost's old binary format, which is no longer read: load it with XGBoost 1.6 to 2.1, save it as .json",
    b"[": f"a dump of trees, which cannot be loaded again: {_SAVE_IT}",
    b"booster[": f"a dump of trees, which cannot be loaded again: {_SAVE_IT}",
    b"\x1f\x8b": "a compressed file: unpack it first",
    b"PK": "a compressed file: unpack it first",
}


@dataclass(frozen=True, slots=True)
class PlainModel:
    """A model file, read.

    original : the model as the file has it, ready to predict.
    model : its bytes in UBJSON, written by the XGBoost that is installed.
    learner : those bytes, decoded: the part with objective, names and trees.
    """

    original: xgb.Booster
    model: bytes
    learner: Mapping[str, Any]
    xgboost_version: str

    @property
    def objective(self) -> str:
        name: str = self.learner["objective"]["name"]
        return name

    @property
    def task(self) -> str:
        return objectives.task_of(self.objective)

    @property
    def columns(self) -> int:
        return int(self.learner["learner_model_param"]["num_feature"])

    @property
    def width(self) -> int:
        """Scores a row."""
        return max(1, int(self.learner["learner_model_param"]["num_class"]))

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names in the model's order; empty where it has none."""
        return tuple(self.learner.get("feature_names", ()))

    @property
    def categories(self) -> tuple[tuple[str, ...], ...]:
        """The categories of each column, in the order of their codes; empty for a column without."""
        kept = categories.names(agreement.forest_of(self.learner).get("cats", {}), self.columns)
        return tuple(kept) or ((),) * self.columns


def read(path: Path) -> PlainModel:
    """Read a UBJ or JSON file of XGBoost 1.6 or newer. Raises UserError, which says what to do."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None
    if len(raw) > MAX_MODEL_BYTES:
        raise UserError(f"{path}: expected at most {MAX_MODEL_BYTES} bytes, got {len(raw)}")
    try:
        version = _check(_decode(raw))
        original = _load(raw)
        model = bytes(original.save_raw("ubj"))
        return PlainModel(original, model, ubj.decode(model)["learner"], version)
    except ValueError as error:  # XGBoostError is one
        # XGBoost's own messages come with a stack trace, and some with the whole model.
        raise UserError(f"{path}: {str(error).partition('\n')[0]:.300}") from None


def _decode(raw: bytes) -> Any:
    for start, found in _FOREIGN.items():
        if raw.startswith(start):
            raise ValueError(f"expected a model file in UBJSON or JSON, got {found}")
    if raw[:1] != b"{":
        raise ValueError(f"expected a model file in UBJSON or JSON, got something that begins with {raw[:8]!r}")
    return model_json.decode(raw, nan=True) if raw[1:2] in b'" \t\r\n' else ubj.decode(raw)


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
        raise ValueError(f"expected XGBoost 1.6 or newer, got {written_by}: load it with 1.6 to 2.1, save it as .json")
    if objective != "multi:softmax":
        objectives.task_of(objective)
    if targets != 1:
        raise ValueError(f"expected a model with one target, got {targets}: train one model for each")
    names: Sequence[Any] = learner.get("feature_names") or range(columns)
    if agreement.rounds_of(learner) == 0:
        raise ValueError("expected a model with boosting rounds, got one without: it predicts its base score alone")
    structure.check(model, features=names, classes=classes, objective=objective)
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
