"""The distance of two histograms over the same cells, and whether chance explains it."""

from __future__ import annotations

import math

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

# Cochran 1954, Some methods for strengthening the common χ² tests: expected counts of 5 and more.
MIN_EXPECTED = 5.0


def pooled(base: Sequence[int], now: Sequence[int]) -> tuple[list[int], list[int]]:
    """Merge the rarest cells, so that the expected count of every cell is at least 5 on both sides.

    Like the test's expected counts, rarity depends on both sides together: a value that is new and frequent keeps its
    cell. Empty cells are dropped, and the order is lost.
    """
    total = sum(base) + sum(now)
    needed = MIN_EXPECTED * total / max(1, min(sum(base), sum(now)))
    cells = sorted(((b, n) for b, n in zip(base, now, strict=True) if b + n), key=lambda cell: (sum(cell), cell))
    kept: list[tuple[int, int]] = []
    pool = (0, 0)
    for b, n in cells:
        pool = (pool[0] + b, pool[1] + n)
        if sum(pool) >= needed:
            kept.append(pool)
            pool = (0, 0)
    if sum(pool):  # only if all cells together are too rare
        kept.append(pool)
    return [b for b, _ in kept], [n for _, n in kept]


def psi(base: Sequence[int], now: Sequence[int]) -> float:
    """Population stability index: the sum over cells of (q - p) log(q / p); 0 where the shares p and q are equal.

    Siddiqi 2006, Credit risk scorecards; it is Jeffreys' divergence (1946). Half a row is added to every cell
    (Krichevsky and Trofimov 1981), so that an empty one gives a finite number.
    """
    if len(base) < 2:
        return 0.0
    below, above = (sum(counts) + len(counts) / 2 for counts in (base, now))
    shares = [((b + 0.5) / below, (n + 0.5) / above) for b, n in zip(base, now, strict=True)]
    return math.fsum((q - p) * math.log(q / p) for p, q in shares)


def psi_by_chance(cells: int, base: int, now: int) -> float:
    """The mean of the index if nothing changed: (cells - 1) (1 / base + 1 / now), by the numbers of rows.

    Yurdakul and Naranjo 2020, Statistical properties of the population stability index.
    """
    return (cells - 1) * (1 / base + 1 / now) if base and now else 0.0


def chi_squared(base: Sequence[int], now: Sequence[int]) -> tuple[float, float]:
    """Pearson's χ² for the hypothesis of one distribution, and its p-value. The counts must be `pooled`."""
    below, above = sum(base), sum(now)
    if len(base) < 2 or not below or not above:
        return 0.0, 1.0
    statistic = 0.0
    for b, n in zip(base, now, strict=True):
        for found, rows in ((b, below), (n, above)):
            expected = (b + n) * rows / (below + above)
            statistic += (found - expected) ** 2 / expected
    return statistic, chi_squared_tail(statistic, len(base) - 1)


def chi_squared_tail(statistic: float, freedom: int) -> float:
    """The probability of a χ² of at least `statistic` with `freedom` degrees of freedom.

    Abramowitz and Stegun 1964, 26.4.4 and 26.4.5: finite sums of positive terms, without cancellation.
    """
    half = statistic / 2
    if half <= 0:
        return 1.0
    odd = freedom % 2
    start = math.erfc(math.sqrt(half)) if odd else 0.0
    powers = (i + odd / 2 for i in range(freedom // 2))
    terms = [start, *(math.exp(power * math.log(half) - half - math.lgamma(power + 1)) for power in powers)]
    return min(1.0, math.fsum(terms))


def kolmogorov_smirnov(base: Sequence[int], now: Sequence[int]) -> tuple[float, float]:
    """The largest distance of the two distribution functions at the edges of ordered cells, and its p-value.

    Between the edges the distance can be larger: this is a lower bound of the statistic of the values themselves, and
    the p-value, that of Kolmogorov's limit (Smirnov 1948), is an upper bound.
    """
    below, above = sum(base), sum(now)
    if not below or not above:
        return 0.0, 1.0
    distance, b, n = 0.0, 0, 0
    for of_base, of_now in zip(base, now, strict=True):
        b, n = b + of_base, n + of_now
        distance = max(distance, abs(b / below - n / above))
    return distance, kolmogorov_tail(distance * math.sqrt(below * above / (below + above)))


def kolmogorov_tail(x: float) -> float:
    """The probability that the largest distance of a Brownian bridge from 0 is at least x (Kolmogorov 1933)."""
    if x < 0.2:  # the series converges slowly, and the probability is 1 within 1e-12
        return 1.0
    terms = [2 * (-1) ** (i - 1) * math.exp(-2 * (i * x) ** 2) for i in range(1, 101)]
    return max(0.0, min(1.0, math.fsum(terms)))


def two_shares(base: int, of_base: int, now: int, of_now: int) -> tuple[float, float]:
    """The difference of two shares, now - base, and the p-value for the hypothesis that they are equal.

    The z test with the common share (Agresti 2013, Categorical data analysis, 3.3), continuity-corrected (Yates 1934)
    so that it is conservative for small numbers of missing values.
    """
    if not of_base or not of_now:
        return 0.0, 1.0
    difference = now / of_now - base / of_base
    common = (base + now) / (of_base + of_now)
    spread = 1 / of_base + 1 / of_now
    error = math.sqrt(common * (1 - common) * spread)
    if not error:
        return difference, 1.0
    corrected = max(0.0, abs(difference) - spread / 2)
    return difference, math.erfc(corrected / error / math.sqrt(2))
