"""Measured values with 95 % confidence intervals, or the reason why there is no interval."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

# The widest bounds that a metric can have.
UNBOUNDED = (-math.inf, math.inf)

# The 97.5th percentile of the standard normal distribution: 95 % are within ±Z.
Z = 1.959963984540054

# Minimum outcomes of an interval that relies on the central limit theorem, and minimum outcomes of the rarer class for
# a metric that depends on both classes. Rules of thumb (Agresti and Coull 1998 for the second), whose coverage is
# measured in tests/unit/evaluation/test_intervals.py.
MIN_OUTCOMES = 30
MIN_OF_EACH_CLASS = 10


@dataclass(frozen=True, slots=True)
class Estimate:
    """One metric of one group of predictions.

    value : None if it is not defined for these outcomes; `note` says why.
    low, high : the 95 % confidence interval, or None; `note` says why.
    error : the standard error of `value`, or None. n : the number of outcomes, or the denominator of a share.
    """

    value: float | None
    low: float | None = None
    high: float | None = None
    error: float | None = None
    n: int = 0
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def undefined(note: str, n: int = 0) -> Estimate:
    return Estimate(None, n=n, note=note)


def share(count: int, n: int, nothing: str = "no outcomes") -> Estimate:
    """A share with Wilson's score interval, which is also valid for small n and for shares of 0 and 1.

    Wilson 1927, Probable inference; recommended by Brown, Cai and DasGupta 2001, Interval estimation for a binomial
    proportion. The standard error is that of Agresti and Caffo 2000 (one success and one failure more), so that it is
    not 0 if all outcomes are equal. nothing : the note if n is 0.
    """
    if not n:
        return undefined(nothing)
    low, high = wilson(count, n)
    adjusted = (count + 1) / (n + 2)
    return Estimate(count / n, low, high, math.sqrt(adjusted * (1 - adjusted) / (n + 2)), n)


def wilson(count: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of the share count / n; n is at least 1."""
    share, weight = count / n, Z * Z / n
    centre = (share + weight / 2) / (1 + weight)
    half = Z / (1 + weight) * math.sqrt(share * (1 - share) / n + weight / (4 * n))
    return (0.0 if count == 0 else centre - half), (1.0 if count == n else centre + half)


def normal(
    value: float,
    error: float,
    n: int,
    *,
    rarest: int | None = None,
    bounds: tuple[float, float] = UNBOUNDED,
) -> Estimate:
    """A value with the interval value ± Z × error (central limit theorem), limited to the metric's bounds.

    rarest : outcomes of the rarer class, if the metric depends on both.
    """
    if note := too_few(n, rarest):
        return Estimate(value, n=n, note=note)
    low, high = max(bounds[0], value - Z * error), min(bounds[1], value + Z * error)
    return Estimate(value, low, high, error, n)


def too_few(n: int, rarest: int | None = None) -> str:
    """Why there is no interval; empty if there is one."""
    if n < MIN_OUTCOMES:
        return f"no interval: expected at least {MIN_OUTCOMES} outcomes, got {n}"
    if rarest is not None and rarest < MIN_OF_EACH_CLASS:
        return f"no interval: expected at least {MIN_OF_EACH_CLASS} outcomes of the rarer class, got {rarest}"
    return ""


def average(estimates: Sequence[Estimate], n: int) -> Estimate:
    """The mean of several metrics of the same outcomes, such as one for each class.

    Their correlations are not known; the standard error of a mean is at most the mean of the standard errors (all
    correlations 1), so the interval is conservative.
    """
    values = [estimate.value for estimate in estimates if estimate.value is not None]
    errors = [estimate.error for estimate in estimates if estimate.error is not None]
    if not values:
        return undefined("not defined for any class", n)
    value = math.fsum(values) / len(values)
    if len(errors) < len(values):
        return Estimate(value, n=n, note="no interval: too few outcomes of some class")
    return normal(value, math.fsum(errors) / len(errors), n, bounds=(0.0, 1.0))
