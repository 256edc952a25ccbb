"""Which boosting rounds of an imported model count."""

import numpy as np
import polars as pl
import pytest
import xgboost as xgb

from millrace.errors import UserError
from millrace.model.import_model import Import, import_model
from model_store.verify import verify
from predictors.xgboost import ubj
from tests.fakes import artifacts

ROUNDS = 8  # of artifacts.booster
ROWS = artifacts.matrix(400, seed=3)


@pytest.fixture
def saved(tmp_path):
    """Saves a model with attributes, in the format that a test asks for."""

    def save(kind="binary", **attributes):
        booster = artifacts.booster(kind).copy()
        booster.set_attr(**attributes)
        booster.save_model(tmp_path / "model.ubj")
        return tmp_path / "model.ubj"

    return save


def imported(path, rounds="", note=lambda _: None):
    frame = pl.DataFrame(dict(zip(artifacts.NAMES, ROWS.T, strict=True))).fill_nan(None)
    columns = [pl.col(name).cast(pl.Int64) for name in ("pages", "device", "referrer")]
    return import_model(path, Import("m", "1", sample=frame.with_columns(*columns), rounds=rounds), note)


def scores(artifact):
    return np.frombuffer(verify(artifact).predict(ROWS.tobytes(), len(ROWS)), np.float32)


@pytest.mark.parametrize(
    ("attributes", "rounds", "counted"),
    [
        ({}, "", 0),
        ({}, "all", 0),
        ({}, "3", 3),
        ({}, "8", 0),
        ({"best_iteration": "2"}, "", 0),  # Booster.predict uses all
        ({"best_iteration": "2"}, "best", 3),
        ({"best_iteration": "2"}, "all", 0),
        ({"best_iteration": "2"}, "5", 5),
        ({"best_iteration": "2", "scikit_learn": "{}"}, "", 3),  # XGBClassifier.predict uses the best
        ({"best_iteration": "2", "scikit_learn": "{}"}, "all", 0),
        ({"best_iteration": "7"}, "best", 0),
        ({"best_iteration": "99"}, "best", 0),  # the model was cut afterwards
        ({"scikit_learn": "{}"}, "", 0),
    ],
)
@pytest.mark.parametrize("kind", ["binary", "multiclass", "dart"])
def test_the_rounds_that_count(saved, kind, attributes, rounds, counted):
    artifact = imported(saved(kind, **attributes), rounds)
    assert artifact.manifest.rounds == counted
    expected = artifacts.booster(kind).inplace_predict(ROWS, iteration_range=(0, counted))
    np.testing.assert_array_equal(scores(artifact), expected.ravel())


@pytest.mark.parametrize("rounds", ["0", "9", "-1", "half", "1.5", "²"])
def test_rounds_that_are_not_there_are_refused(saved, rounds):
    with pytest.raises(UserError, match=f"expected best, all or a number from 1 to the model's 8, got '{rounds}'"):
        imported(saved(), rounds)


def test_the_best_round_of_a_model_that_names_none_is_refused(saved):
    with pytest.raises(UserError, match="the attribute best_iteration, got one without; use all"):
        imported(saved(), "best")


def test_a_training_that_was_continued_scores_as_booster_predict_does(tmp_path):
    """Its `best_iteration` is that of the first training."""
    rows = np.random.default_rng(3).normal(size=(400, 3)).astype(np.float32)
    truth = (rows[:, 0] + rows[:, 1] * rows[:, 2] > 0).astype(np.float32)
    random = np.random.default_rng(1).integers(0, 2, 400)
    parameters = {"objective": "binary:logistic", "max_depth": 3, "nthread": 1}
    data = xgb.DMatrix(rows, truth)
    noise = [(xgb.DMatrix(rows, random), "holdout")]
    first = xgb.train(parameters, data, 20, evals=noise, early_stopping_rounds=2, verbose_eval=False)
    continued = xgb.train(parameters, data, 20, xgb_model=first)
    continued.save_model(tmp_path / "model.ubj")
    best = int(ubj.decode(bytes(continued.save_raw("ubj")))["learner"]["attributes"]["best_iteration"]) + 1
    assert best < first.num_boosted_rounds() < continued.num_boosted_rounds()

    notes: list[str] = []
    frame = pl.DataFrame(rows, schema=["a", "b", "c"])
    artifact = import_model(tmp_path / "model.ubj", Import("m", "1", sample=frame, labels=("n", "y")), notes.append)
    found = np.frombuffer(verify(artifact).predict(rows.tobytes(), 400), np.float32)
    np.testing.assert_array_equal(found, continued.predict(data))
    cut = continued.predict(data, iteration_range=(0, best))
    flipped = int(((found >= 0.5) != (cut >= 0.5)).sum())
    assert flipped > 0
    (note,) = notes
    there = continued.num_boosted_rounds()
    assert note.startswith(f"{there} of {there} boosting rounds count; with --rounds best, {best} would: ")
    assert note.endswith(f"by up to {np.abs(found - cut).max():.3g}, and {flipped} another label")


def test_without_a_choice_there_is_no_note(saved):
    notes: list[str] = []
    imported(saved(), note=notes.append)
    imported(saved(best_iteration="7"), note=notes.append)
    assert notes == []


def test_rounds_left_out_by_number_are_noted(saved):
    notes: list[str] = []
    imported(saved("regression"), "3", notes.append)
    (note,) = notes
    assert note.startswith("3 of 8 boosting rounds count; with --rounds all, 8 would: ")
    assert "label" not in note
