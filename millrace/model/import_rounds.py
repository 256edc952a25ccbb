"""Which boosting rounds of an imported model count, and what the choice changes."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from millrace.errors import UserError
from model_store.output import Output
from predictors.xgboost import agreement
from predictors.xgboost.booster import Booster
from training.golden import scores_of

BEST, ALL, AS_SAVED = "best", "all", ""
SCIKIT_LEARN = "scikit_learn"  # the attribute that XGBClassifier.save_model and its like write


def rounds_to_count(learner: Mapping[str, Any], choice: str) -> int:
    """The boosting rounds that count, as the manifest has them: 0 means all.

    choice : `best`, `all`, a number, or empty: the rounds with which the object that was saved predicts. That is all
    for a `Booster`, whatever early stopping found, and the best for a scikit-learn estimator.
    Raises UserError.
    """
    there, best = agreement.rounds_of(learner), agreement.best_rounds(learner)
    if choice == AS_SAVED:
        choice = BEST if best is not None and SCIKIT_LEARN in learner.get("attributes", {}) else ALL
    if choice == BEST and best is None:
        raise UserError("--rounds best: expected a model with the attribute best_iteration, got one without; use all")
    if choice in (BEST, ALL):
        counted = there if choice == ALL or best is None else min(best, there)
    elif choice.isascii() and choice.isdigit() and 0 < int(choice) <= there:
        counted = int(choice)
    else:
        raise UserError(f"--rounds: expected best, all or a number from 1 to the model's {there}, got {choice!r}")
    return 0 if counted == there else counted


def consequence(learner: Mapping[str, Any], model: bytes, rounds: int, rows: np.ndarray, output: Output) -> list[str]:
    """Sentences about the choice, where early stopping named a best round or not all rounds count."""
    there, best = agreement.rounds_of(learner), agreement.best_rounds(learner)
    counted = rounds or there
    others = {ALL: there} | ({BEST: best} if best is not None and best < there else {})
    return [
        f"{counted} of {there} boosting rounds count; with --rounds {name}, {count} would: "
        f"{_change(model, rounds, 0 if count == there else count, rows, output)}"
        for name, count in others.items()
        if count != counted
    ]


def _change(model: bytes, rounds: int, other: int, rows: np.ndarray, output: Output) -> str:
    """How many rows score otherwise with `other` rounds, by how much, and how many labels change."""
    ours, theirs = (scores_of(Booster(model, rounds=count), rows) for count in (rounds, other))
    differ = int((ours != theirs).any(axis=1).sum())
    change = f"{differ} of {len(rows)} rows would have other scores, by up to {np.abs(ours - theirs).max():.3g}"
    if not output.labels and output.threshold is None:
        return change
    flipped = sum(_class(output, a) != _class(output, b) for a, b in zip(ours, theirs, strict=True))
    return f"{change}, and {flipped} another label"


def _class(output: Output, scores: np.ndarray) -> int | bool:
    if len(scores) > 1:
        return int(scores.argmax())
    return output.threshold is not None and bool(scores[0] >= output.threshold)
