"""What can be trained: the learners of the framework whose libraries the function's package has.

A module for each framework has its LEARNERS: imported by its name, as the package of another one lacks its libraries.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, NamedTuple

from model_store.golden_row import Tolerance
from trainer.errors import TrainingRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from inputs.preparation import Preparation
    from model_store.framework import ModelFramework
    from trainer.options import LearnerOptions

MODULES = {"onnx": "trainer.graphs", "xgboost": "trainer.trees"}
DEFAULT = "onnx"


class KnownRows(NamedTuple):
    """The rows that are trained on.

    values : float32, rows × columns; or texts. targets : of classes their codes from 0, integers; else float64.
    """

    columns: tuple[str, ...]
    values: Any
    targets: Any


class TrainedModel(NamedTuple):
    """model : the file named `file`. objective : as in the manifest. preparation : of texts, else None."""

    framework: ModelFramework
    file: str
    model: bytes
    objective: str | None = None
    preparation: Preparation | None = None
    tolerance: Tolerance = Tolerance()


class Learner(NamedTuple):
    """fit : raises TrainingRefused. texts : it learns from texts. classes, numbers : what it predicts.

    mixed : columns may have gaps, and be categories or booleans.
    """

    fit: Callable[[KnownRows, LearnerOptions, int], TrainedModel]
    texts: bool = False
    classes: bool = True
    numbers: bool = False
    mixed: bool = False


def of(framework: str) -> Mapping[str, Learner]:
    """The learners of a key of MODULES; the first that suits is the default."""
    found: Mapping[str, Learner] = importlib.import_module(MODULES[framework]).LEARNERS
    return found


def named(learners: Mapping[str, Learner], wanted: str | None) -> Learner | None:
    """The learner of that name; None where none is wanted. Raises TrainingRefused."""
    if wanted is None:
        return None
    if wanted not in learners:
        raise TrainingRefused(f"request.learner: expected one of {', '.join(learners)}, got {wanted!r:.40}")
    return learners[wanted]


def chosen(learners: Mapping[str, Learner], wanted: str | None, *, texts: bool, numbers: bool) -> str:
    """The learner that is wanted, or suits. Raises TrainingRefused.

    texts : the rows are texts. numbers : the labels are numbers to predict.
    """
    suit = [name for name, one in learners.items() if one.texts == texts and (one.numbers if numbers else one.classes)]
    if wanted is None and suit:
        return suit[0]
    if wanted in suit:
        return wanted
    rows, labels = "one column of texts" if texts else "columns of numbers", "numbers" if numbers else "classes"
    one = named(learners, wanted)
    if one is None:
        raise TrainingRefused(f"table: no learner here learns {labels} from {rows}")
    if one.texts != texts:
        raise TrainingRefused(f"request.learner: {wanted} does not learn from {rows}")
    other = f": use {suit[0]}" if suit else ""
    raise TrainingRefused(
        f"request.learner: {wanted} learns {'classes' if numbers else 'numbers'}, the labels are {labels}{other}"
    )
