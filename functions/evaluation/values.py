"""Which scores and outcomes are valid, and functions of them."""

from __future__ import annotations

import math

import numpy as np

TYPE_CHECKING = False
if TYPE_CHECKING:
    from numpy.typing import NDArray

    from evaluation.exact import Floats

# Scores and training labels are float32.
LARGEST = 3.4028234663852886e38


# The distance of 1 from the float32 before it, doubled: the same as scikit-learn for scores in float32.
SMALLEST_PROBABILITY = 2.0**-23


def are_numbers(values: Floats) -> NDArray[np.bool]:
    """Which of the values are finite, and float32 can hold them."""
    return np.abs(values) <= LARGEST


def are_probabilities(values: Floats) -> NDArray[np.bool]:
    """Which of the values are from 0 to 1."""
    return (values >= 0.0) & (values <= 1.0)


def are_classes(values: Floats, classes: int) -> NDArray[np.bool]:
    """Which of the values are the number of a class."""
    valid: NDArray[np.bool] = (values >= 0) & (values < classes) & (values == np.floor(values))
    return valid


def log_losses(probabilities: Floats) -> Floats:
    """-log of the predicted probability of the outcome, which is clipped to at least 2⁻²³.

    A probability of 0 would give an infinite loss; in float32 it only means that the probability is very small.
    """
    return -logs(np.clip(probabilities, SMALLEST_PROBABILITY, 1 - SMALLEST_PROBABILITY))


def logits(probabilities: Floats) -> Floats:
    """log(p / (1 - p)); infinite for 0 and 1."""
    found = np.where(probabilities > 0.0, np.inf, -np.inf)
    within = (probabilities > 0.0) & (probabilities < 1.0)
    inner = probabilities[within]
    found[within] = logs(inner / (1 - inner))
    return found


def logistics(values: Floats) -> Floats:
    """1 / (1 + e^-x) without overflow."""
    small = np.fromiter(map(math.exp, (-np.abs(values)).tolist()), np.float64, len(values))
    return np.where(values >= 0, 1.0, small) / (1 + small)


def logs(values: Floats) -> Floats:
    """By the C library's function: the last bit of numpy's depends on the processor, and so would every sum."""
    return np.fromiter(map(math.log, values.tolist()), np.float64, len(values))
