"""Validates scores and outcomes."""

from __future__ import annotations

import math

from evaluation.errors import ValueRefused

# Scores and training labels are float32.
LARGEST = 3.4028234663852886e38


def number(value: float, what: str) -> float:
    """A finite number that float32 can hold. Raises ValueRefused."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= LARGEST:
        raise ValueRefused(f"{what}: expected a finite number that float32 can hold, got {value!r:.40}")
    return float(value)


def probability(value: float, what: str) -> float:
    """A number from 0 to 1. Raises ValueRefused."""
    value = number(value, what)
    if not 0.0 <= value <= 1.0:
        raise ValueRefused(f"{what}: expected a probability, 0 to 1, got {value!r:.40}")
    return value


def class_number(value: int, classes: int) -> int:
    """An outcome as the number of its class. Raises ValueRefused."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < classes:
        raise ValueRefused(f"outcome: expected the number of a class, 0 to {classes - 1}, got {value!r:.40}")
    return value


# The distance of 1 from the float32 before it, doubled: the same as scikit-learn for scores in float32.
SMALLEST_PROBABILITY = 2.0**-23


def log_loss_of(probability: float) -> float:
    """-log of the predicted probability of the outcome, which is clipped to at least 2⁻²³.

    A probability of 0 would give an infinite loss; in float32 it only means that the probability is very small.
    """
    return -math.log(max(SMALLEST_PROBABILITY, min(1 - SMALLEST_PROBABILITY, probability)))
