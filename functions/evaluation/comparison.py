"""Champion against challenger: better, worse, or not yet known.

The two serve different events (the split is by partition key), so they are independent groups. One primary metric
decides; taking the best verdict of several metrics would find differences that do not exist.

**Repeated looks.** Checking a 95 % interval every hour, and stopping at the first one that excludes 0, finds a
difference sooner or later even between equal models: with 100 looks in nearly 4 of 10 runs instead of 1 in 20. The
verdict is therefore based on a *confidence sequence*: intervals that hold at all looks together with 95 % probability,
so that you can look and stop at any time. It needs about 2.4 times the outcomes of a single look.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

from evaluation.errors import EvaluationError
from evaluation.estimates import Z
from evaluation.multiclass import Multiclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from evaluation.estimates import Estimate
    from evaluation.quality import Quality

BETTER, WORSE, NOT_YET_KNOWN = "better", "worse", "not yet known"
ALPHA = 0.05
# Outcomes in each group at which the confidence sequence is narrowest, relative to the interval of a single look.
TUNED_FOR = 1_000
# The sequence relies on the central limit theorem from the first look on.
MIN_OUTCOMES = 100
# More outcomes than this is "never".
MOST_OUTCOMES = 1_000_000_000

_OF_CLASSES = ("precision", "recall", "f1", "roc_auc")
HIGHER_IS_BETTER = frozenset(("accuracy", "r2", *_OF_CLASSES, *(f"macro_{name}" for name in _OF_CLASSES)))

# The primary metric by objective: in expectation it is lowest for exactly what the objective predicts, so that no model
# can win by predicting something else (Gneiting 2011, Making and evaluating point forecasts).
PRIMARY = {
    "binary:logistic": "log_loss",  # strictly proper (Gneiting and Raftery 2007): ranking and calibration both count
    "binary:logitraw": "log_loss",
    "binary:hinge": "accuracy",
    "multi:softprob": "log_loss",
    "reg:absoluteerror": "mae",  # the median
    "reg:pseudohubererror": "mae",
    "reg:squarederror": "rmse",  # the mean
    "reg:logistic": "rmse",
    "reg:gamma": "rmse",
    "reg:tweedie": "rmse",
    "count:poisson": "rmse",
}


class NoVerdict(EvaluationError):
    """No metric can compare the two models."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The challenger compared with the champion in one metric.

    verdict : on the challenger: "better", "worse" or "not yet known".
    difference : challenger - champion, in the metric's unit. low, high : the confidence sequence, which gives the
    verdict. once_low, once_high : the 95 % interval of a single look that was planned beforehand.
    outcomes : of both groups together. more : an estimate of how many more are needed for a verdict if the traffic and
    the difference do not change; None if there is no estimate.
    note : why there is no verdict, if the reason is not the difference.
    """

    metric: str
    verdict: str
    champion: Estimate
    challenger: Estimate
    outcomes: int
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    once_low: float | None = None
    once_high: float | None = None
    more: int | None = None
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def primary_metric(objective: str | None) -> str:
    """The primary metric of an objective. Raises NoVerdict.

    There is none for quantiles, expectiles and survival (the loss has a parameter that is not in the manifest), squared
    logarithmic errors and rankings. ROC AUC is never the primary metric: it does not detect probabilities that are all
    too high. If only the order of the scores matters, pass it to `compare`.
    """
    if objective is None or objective not in PRIMARY:
        raise NoVerdict(f"objective {objective}: expected one of {', '.join(PRIMARY)}; name a metric to compare by")
    return PRIMARY[objective]


def compare(champion: Quality, challenger: Quality, metric: str) -> Comparison:
    """The verdict on two accumulators. Raises NoVerdict if their classes differ, or if one lacks the metric."""
    classes = [quality.classes if isinstance(quality, Multiclass) else 2 for quality in (champion, challenger)]
    if champion.kind != challenger.kind or classes[0] != classes[1]:
        raise NoVerdict(
            f"challenger: expected outcomes like the champion's ({champion.kind}, {classes[0]} classes), "
            f"got {challenger.kind}, {classes[1]} classes"
        )
    ours, theirs = champion.estimates(), challenger.estimates()
    if metric not in ours or metric not in theirs:
        both = ", ".join(name for name in ours if name in theirs)
        raise NoVerdict(f"metric: expected one that both have ({both}), got {metric!r}")
    return judge(metric, ours[metric], theirs[metric], (champion.n, challenger.n))


def judge(metric: str, champion: Estimate, challenger: Estimate, outcomes: tuple[int, int]) -> Comparison:
    """The verdict on two estimates of a metric. outcomes : their numbers, of champion and challenger."""
    together = sum(outcomes)
    note = _too_early(champion, challenger, outcomes)
    if note or champion.value is None or challenger.value is None or champion.error is None or challenger.error is None:
        return Comparison(metric, NOT_YET_KNOWN, champion, challenger, together, note=note or "not defined")
    difference = challenger.value - champion.value
    variance = champion.error**2 + challenger.error**2
    effective = 2 / (1 / outcomes[0] + 1 / outcomes[1])
    half, once = math.sqrt(variance) * always_valid(effective), Z * math.sqrt(variance)
    settled = abs(difference) > half
    better = (difference > 0) == (metric in HIGHER_IS_BETTER)
    return Comparison(
        metric,
        (BETTER if better else WORSE) if settled else NOT_YET_KNOWN,
        champion,
        challenger,
        together,
        difference=difference,
        low=difference - half,
        high=difference + half,
        once_low=difference - once,
        once_high=difference + once,
        more=0 if settled else _more(difference, variance, effective, together),
    )


def _too_early(champion: Estimate, challenger: Estimate, outcomes: tuple[int, int]) -> str:
    for name, estimate, n in zip(("champion", "challenger"), (champion, challenger), outcomes, strict=True):
        if n < MIN_OUTCOMES:
            return f"{name}: expected at least {MIN_OUTCOMES} outcomes, got {n}"
        if estimate.note:
            return f"{name}: {estimate.note}"
    return ""


def always_valid(effective: float) -> float:
    """Half the width of the confidence sequence in standard errors, after `effective` outcomes in each of two groups.

    The normal mixture (Robbins 1970, Statistical methods related to the law of the iterated logarithm), asymptotic as
    in Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas 2024, Time-uniform central limit theory and asymptotic confidence
    sequences, theorem 2.2; for two groups as in Johari, Koomen, Pekelis and Walsh 2022, Always valid inference. For two
    groups of unequal size, `effective` is the harmonic mean. The result is 3.0 at 1,000 and 3.5 at 50,000.
    """
    scaled = effective * _rho_squared()
    return math.sqrt((1 + 1 / scaled) * (math.log(1 + scaled) - 2 * math.log(ALPHA)))


def _rho_squared() -> float:
    """The mixture's variance for which the sequence is narrowest at TUNED_FOR (Waudby-Smith et al., appendix)."""
    wanted = -2 * math.log(ALPHA)
    return (wanted + math.log(1 + wanted)) / TUNED_FOR


def _more(difference: float, variance: float, effective: float, outcomes: int) -> int | None:
    """Outcomes until the sequence excludes 0, if the difference stays and the variance decreases with the outcomes."""

    def settled(factor: float) -> bool:
        return abs(difference) > math.sqrt(variance / factor) * always_valid(effective * factor)

    low, high = 1.0, MOST_OUTCOMES / outcomes
    if high <= low or not settled(high):
        return None
    while high / low > 1.01:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if settled(middle) else (middle, high)
    return math.ceil((high - 1) * outcomes)
