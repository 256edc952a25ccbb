"""95 % intervals hold the truth about 95 times in 100: each against libraries, or in 300 seeded runs."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest, sem

from evaluation.binary import Binary
from evaluation.estimates import MIN_OUTCOMES, Z, share, wilson
from evaluation.means import Mean
from evaluation.multiclass import Multiclass
from evaluation.regression import Regression

RUNS = 300
# Of 300 runs with 95 %, fewer than 273 or more than 296 happen with 0.2 % of all seeds.
AT_LEAST, AT_MOST = 273, 296


@pytest.mark.parametrize(("count", "n"), [(0, 1), (1, 1), (0, 30), (3, 17), (50, 100), (999, 1000), (1000, 1000)])
def test_shares_have_wilsons_interval(count, n):
    expected = binomtest(count, n).proportion_ci(method="wilson")
    assert wilson(count, n) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert share(count, n).value == count / n


def test_standard_errors_are_those_of_the_sample_and_never_0_for_a_share():
    assert share(30, 30).error == pytest.approx(math.sqrt(31 / 32 * 1 / 32 / 32))
    mean, values = Mean(), np.random.default_rng(1).exponential(1, 30)
    mean.add_all(values)
    assert mean.error() == pytest.approx(sem(values))


def coverage(quality, rows_of, truth):
    """In how many of the runs the interval of each metric holds the truth."""
    held = dict.fromkeys(truth, 0)
    for seed in range(RUNS):
        counted = quality()
        counted.add_all(*map(np.array, zip(*rows_of(np.random.default_rng(seed)), strict=True)))
        estimates = counted.estimates()
        for name, value in truth.items():
            held[name] += estimates[name].low <= value <= estimates[name].high
    return held


def _check(held, record_property):
    record_property("figures", f"95 % intervals that held the truth, of {RUNS} runs: {held}")
    assert all(AT_LEAST <= count <= AT_MOST for count in held.values()), held


def test_binary_intervals(record_property):
    """Scores are uniform and calibrated, 300 outcomes, threshold 0.5: all truths are integrals by hand."""

    def rows(random):
        scores = random.random(300)
        return zip(scores.tolist(), (random.random(300) < scores).astype(int).tolist(), strict=True)

    truth = {
        "accuracy": 3 / 4,
        "precision": 3 / 4,
        "recall": 3 / 4,
        "f1": 3 / 4,
        "roc_auc": 5 / 6,
        "log_loss": 1 / 2,
        "brier": 1 / 6,
    }
    _check(coverage(Binary, rows, truth), record_property)


def test_regression_intervals(record_property):
    """Outcome N(3, 1), error N(0, 1/2): R² = 3/4; 200 outcomes."""

    def rows(random):
        outcomes = random.normal(3, 1, 200)
        return zip((outcomes + random.normal(0, 0.5, 200)).tolist(), outcomes.tolist(), strict=True)

    truth = {"mae": 0.5 * math.sqrt(2 / math.pi), "rmse": 0.5, "r2": 0.75}
    _check(coverage(Regression, rows, truth), record_property)


def test_macro_intervals(record_property):
    """Three classes of unequal size, labels right with probability 0.8, 0.6 and 0.7; 400 outcomes."""
    shares, right = np.array([0.5, 0.3, 0.2]), np.array([0.8, 0.6, 0.7])
    cells = np.array([[shares[i] * (right[i] if i == j else (1 - right[i]) / 2) for j in range(3)] for i in range(3)])
    of_label = cells.sum(axis=0)

    def rows(random):
        for cell in random.choice(9, 400, p=cells.ravel()):
            yield [0.9 if i == cell % 3 else 0.05 for i in range(3)], int(cell // 3)

    truth = {
        "macro_precision": float((np.diag(cells) / of_label).mean()),
        "macro_recall": float(right.mean()),
        "macro_f1": float((2 * np.diag(cells) / (of_label + shares)).mean()),
    }
    _check(coverage(lambda: Multiclass(3), rows, truth), record_property)


def test_means_need_so_many_outcomes_for_an_interval():
    regression = Regression()
    scores = np.arange(MIN_OUTCOMES - 1, dtype=float)
    regression.add_all(scores, scores + 1.5)
    assert regression.estimates()["mae"].low is None
    assert "expected at least 30 outcomes, got 29" in regression.estimates()["mae"].note
    regression.add_all(np.array([0.0]), np.array([1.0]))
    mae = regression.estimates()["mae"]
    assert mae.high - mae.value == pytest.approx(Z * mae.error)
