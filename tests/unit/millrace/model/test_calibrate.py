"""Calibrators are scikit-learn's, and make the probabilities of rows that they have not seen right."""

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression

from millrace.errors import UserError
from millrace.model import calibrate
from millrace.model.calibrate import applied, fit, log_loss_by_folds
from millrace.model.train import Recipe, train
from model_store.artifact import Artifact
from model_store.calibrator import MAX_KNOTS
from model_store.manifest import Manifest
from model_store.verify import verify
from predictors.calibrated import CalibratedPredictor
from tests.unit.millrace.model.test_train import table


def overconfident(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Scores whose logits are twice those of the truth, and one too high."""
    random = np.random.default_rng(seed)
    truth = random.normal(-1, 1.2, n)
    return expit(2 * truth + 1).astype(np.float32), (random.random(n) < expit(truth)).astype(float)


def gap(scores: np.ndarray, outcomes: np.ndarray) -> float:
    """The expected calibration error over twenty groups of equal size."""
    order = np.argsort(scores, kind="stable")
    return float(np.mean([abs(scores[part].mean() - outcomes[part].mean()) for part in np.array_split(order, 20)]))


@pytest.mark.parametrize("method", ["isotonic", "platt"])
def test_unseen_rows_are_calibrated(method):
    calibrator = fit(method, *overconfident(20_000))
    scores, outcomes = overconfident(20_000, seed=2)
    assert gap(scores, outcomes) > 0.1
    assert gap(applied(calibrator, scores), outcomes) < 0.015


def test_isotonic_is_scikit_learns():
    scores, outcomes = overconfident(3_000)
    theirs = IsotonicRegression(out_of_bounds="clip").fit(scores.astype(float), outcomes)
    calibrator = fit("isotonic", scores, outcomes)
    grid = np.linspace(0, 1, 5_001, dtype=np.float32)
    bound = 1 / 3_002  # no block of rows proves a probability of 0 or 1
    expected = np.interp(grid, theirs.X_thresholds_, np.clip(theirs.y_thresholds_, bound, 1 - bound))
    assert applied(calibrator, grid) == pytest.approx(expected, abs=1e-6)


def test_platt_is_logistic_regression_on_the_logits():
    scores, outcomes = overconfident(20_000)
    theirs = LogisticRegression(C=1e12).fit(logit(scores.astype(float)).reshape(-1, 1), outcomes)
    expected = theirs.predict_proba(logit(scores.astype(float)).reshape(-1, 1))[:, 1]
    assert applied(fit("platt", scores, outcomes), scores) == pytest.approx(expected, abs=2e-3)


def test_a_calibrator_has_no_more_knots_than_a_manifest_accepts():
    random = np.random.default_rng(3)
    scores = random.random(200_000).astype(np.float32)
    calibrator = fit("isotonic", scores, (random.random(200_000) < scores).astype(float))
    assert len(calibrator.inputs) <= MAX_KNOTS


def test_too_few_rows_are_refused():
    scores, outcomes = overconfident(60)
    outcomes[:] = 0
    outcomes[:5] = 1
    with pytest.raises(UserError, match="at least 30 held-out rows of each class and two scores, got 5"):
        fit("platt", scores, outcomes)


def test_scores_in_reverse_are_refused():
    scores, outcomes = overconfident(2_000)
    with pytest.raises(UserError, match="got the reverse"):
        fit("platt", 1 - scores, outcomes)


@pytest.mark.parametrize(
    ("method", "task", "objective", "message"),
    [
        ("spline", "binary", "binary:logistic", "expected isotonic or platt, got 'spline'"),
        ("platt", "regression", "reg:squarederror", "got reg:squarederror; leave it out"),
        ("platt", "binary", "binary:hinge", "got binary:hinge; leave it out"),
    ],
)
def test_what_cannot_be_calibrated_is_refused(method, task, objective, message):
    with pytest.raises(UserError, match=message):
        calibrate.check(method, task, objective)


@pytest.fixture(scope="module", params=["isotonic", "platt"])
def trained(request: pytest.FixtureRequest) -> Artifact:
    return train(table(rows=1_500), Recipe("sessions", "7", rounds=40, calibrate=request.param))


def test_a_trained_model_is_published_calibrated(trained):
    assert isinstance(verify(trained, compare=True), CalibratedPredictor)
    assert Manifest.from_bytes(trained.manifest.to_bytes()) == trained.manifest
    assert trained.manifest.metrics.keys() == {"auc", "aucpr", "logloss", "error", "logloss_calibrated"}
    assert trained.manifest.metrics["logloss_calibrated"] < 1.3 * trained.manifest.metrics["logloss"]
    last = trained.manifest.baseline["scores"][0]["edges"][-1]
    assert last <= trained.manifest.output.calibration.outputs[-1] + 1e-6


def test_the_log_loss_is_that_of_rows_that_no_calibrator_has_seen():
    scores, outcomes = overconfident(1_000)
    seen = applied(fit("isotonic", scores, outcomes), scores).astype(float)
    own = -np.mean(np.where(outcomes > 0, np.log(seen), np.log(1 - seen)))
    assert log_loss_by_folds("isotonic", scores, outcomes, 7) > own


@pytest.mark.parametrize("method", ["isotonic", "platt"])
def test_as_few_rows_as_a_calibrator_takes_are_enough_for_its_log_loss(method):
    """Each of the five parts of 30 rows has fewer."""
    scores, outcomes = overconfident(3_000)
    kept = np.concatenate([np.flatnonzero(outcomes)[:30], np.flatnonzero(outcomes == 0)])
    fit(method, scores[kept], outcomes[kept])
    assert 0 < log_loss_by_folds(method, scores[kept], outcomes[kept], seed=1) < 1
    with pytest.raises(UserError, match="at least 30 held-out rows of each class and two scores, got 29"):
        fit(method, scores[kept[1:]], outcomes[kept[1:]])


def test_scores_that_have_one_logit_give_no_calibrator_by_platt():
    """They differ in float32, and are both above the highest logit that counts."""
    scores = np.array([1 - 2.0**-24, 1.0], np.float32).repeat(100)
    with pytest.raises(UserError, match=r"--calibrate.*(two scores|reverse)"):
        fit("platt", scores, np.tile([0.0, 1.0], 100))
