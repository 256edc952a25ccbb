"""The stopping rule of a release in stages, simulated: 5 % of the keys, then 25 %, then promotion or an end.

The rule is the workflow's own (`releases.decide`), over verdicts of the confidence sequence.
"""

import numpy as np
import pytest

from evaluation.comparison import NOT_YET_KNOWN, judge
from evaluation.estimates import Estimate
from releases.decide import PROMOTE, ROLL_BACK, SERVE, WAIT, decide
from tests.scale import RELEASES_SIMULATED

LOOKS_A_STAGE, OUTCOMES_A_LOOK = 100, 1_000
SHARES = (0.05, 0.25)
UNDECIDED = "undecided"


def losses(draw: np.random.Generator, mean: float, count: int) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Losses of predictions: skewed, as log losses are."""
    return draw.gamma(0.8, mean / 0.8, count)


def release(draw: np.random.Generator, challenger_mean: float) -> str:
    """How a release of a challenger ends; the champion's mean loss is 0.45."""
    sums = np.zeros((2, 3))  # of champion and challenger: count, sum, sum of squares
    stage = looks = 0
    while True:
        theirs = round(OUTCOMES_A_LOOK * SHARES[stage])
        for row, (mean, count) in enumerate(((0.45, OUTCOMES_A_LOOK - theirs), (challenger_mean, theirs))):
            found = losses(draw, mean, count)
            sums[row] += count, found.sum(), (found**2).sum()
        verdict = judge("log_loss", *map(estimate, sums), (int(sums[0, 0]), int(sums[1, 0]))).verdict
        looks += 1
        step = decide(verdict, stage, len(SHARES), overdue=looks >= LOOKS_A_STAGE)
        if step == ROLL_BACK and verdict == NOT_YET_KNOWN:
            return UNDECIDED
        if step in (PROMOTE, ROLL_BACK):
            return step
        if step == SERVE:
            stage, looks = stage + 1, 0


def estimate(sums: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> Estimate:
    count, total, squares = map(float, sums)
    mean = total / count
    error = max(squares / count - mean**2, 0.0) ** 0.5 / count**0.5
    return Estimate(mean, error=error, n=int(count))


@pytest.mark.long
@pytest.mark.parametrize(
    ("challenger_mean", "outcome", "least", "most"),
    [
        (0.45, PROMOTE, 0.0, 0.05),  # an equal one: false promotions
        (0.45, ROLL_BACK, 0.0, 0.05),
        (0.45, UNDECIDED, 0.9, 1.0),
        (0.36, PROMOTE, 0.95, 1.0),  # a better one
        (0.54, ROLL_BACK, 0.95, 1.0),  # a worse one
        (0.54, PROMOTE, 0.0, 0.001),
    ],
)
def test_releases_in_stages_end_as_they_should(challenger_mean: float, outcome: str, least: float, most: float) -> None:
    draw = np.random.default_rng(20261128)
    ends = [release(draw, challenger_mean) for _ in range(RELEASES_SIMULATED)]
    share = ends.count(outcome) / len(ends)
    assert least <= share <= most, share


@pytest.mark.parametrize(
    ("verdict", "stage", "overdue", "step"),
    [
        ("better", 0, False, SERVE),
        ("better", 0, True, SERVE),
        ("better", 1, False, PROMOTE),
        ("better", 1, True, PROMOTE),
        ("worse", 0, False, ROLL_BACK),
        ("worse", 1, True, ROLL_BACK),
        ("not yet known", 0, False, WAIT),
        ("not yet known", 1, False, WAIT),
        ("not yet known", 1, True, ROLL_BACK),
    ],
)
def test_what_follows_from_a_verdict(verdict: str, stage: int, step: str, *, overdue: bool) -> None:
    assert decide(verdict, stage, len(SHARES), overdue=overdue) == step


def test_a_better_version_waits_for_outcomes_of_the_stage() -> None:
    assert decide("better", 1, 2, fresh=False) == WAIT
    assert decide("worse", 1, 2, fresh=False) == ROLL_BACK
    assert decide("better", 1, 2, fresh=False, overdue=True) == ROLL_BACK
