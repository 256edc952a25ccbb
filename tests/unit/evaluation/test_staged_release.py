"""The verdict as the stopping rule of a release in stages: 5 % of the keys, then 25 %, then promotion or an end.

A stage ends at the first look with a verdict; looks are as many as the operator likes, over all outcomes so far. The
confidence sequence holds at all looks together, whatever the shares are and whenever they change.
"""

import numpy as np
import pytest

from evaluation.comparison import BETTER, WORSE, judge
from evaluation.estimates import Estimate
from tests.scale import RELEASES_SIMULATED

LOOKS, OUTCOMES_A_LOOK = 200, 1_000
SHARES = (0.05, 0.25)


def losses(draw: np.random.Generator, mean: float, count: int) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Losses of predictions: skewed, as log losses are."""
    return draw.gamma(0.8, mean / 0.8, count)


def release(draw: np.random.Generator, challenger_mean: float) -> str:
    """How a release of a challenger ends; the champion's mean loss is 0.45."""
    sums = np.zeros((2, 3))  # of champion and challenger: count, sum, sum of squares
    stage = 0
    for _ in range(LOOKS):
        theirs = round(OUTCOMES_A_LOOK * SHARES[stage])
        for row, (mean, count) in enumerate(((0.45, OUTCOMES_A_LOOK - theirs), (challenger_mean, theirs))):
            found = losses(draw, mean, count)
            sums[row] += count, found.sum(), (found**2).sum()
        verdict = judge("log_loss", *map(estimate, sums), (int(sums[0, 0]), int(sums[1, 0]))).verdict
        if verdict == WORSE:
            return "rolled back"
        if verdict == BETTER:
            stage += 1
            if stage == len(SHARES):
                return "promoted"
    return "undecided"


def estimate(sums: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> Estimate:
    count, total, squares = map(float, sums)
    mean = total / count
    error = max(squares / count - mean**2, 0.0) ** 0.5 / count**0.5
    return Estimate(mean, error=error, n=int(count))


@pytest.mark.long
@pytest.mark.parametrize(
    ("challenger_mean", "outcome", "least", "most"),
    [
        (0.45, "promoted", 0.0, 0.05),  # an equal one: false promotions
        (0.45, "rolled back", 0.0, 0.05),
        (0.36, "promoted", 0.95, 1.0),  # a better one
        (0.54, "rolled back", 0.95, 1.0),  # a worse one
        (0.54, "promoted", 0.0, 0.001),
    ],
)
def test_releases_in_stages_end_as_they_should(challenger_mean: float, outcome: str, least: float, most: float) -> None:
    draw = np.random.default_rng(20261128)
    ends = [release(draw, challenger_mean) for _ in range(RELEASES_SIMULATED)]
    share = ends.count(outcome) / len(ends)
    assert least <= share <= most, share
