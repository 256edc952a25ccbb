"""Errors of the evaluation.

EvaluationError
├── ValueRefused    a score, an outcome or a feature for which no metric is defined
└── NotMergeable    accumulators of different things

A stored accumulator with an invalid schema raises `model_store.errors.DocumentInvalid`.
"""

from __future__ import annotations


class EvaluationError(Exception):
    """Base of every error that the evaluation raises."""


class ValueRefused(EvaluationError):
    """A value that cannot be counted. The accumulator does not change."""


class NotMergeable(EvaluationError):
    """Two accumulators have different thresholds, classes or baselines."""
