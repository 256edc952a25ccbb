"""Errors of the evaluation.

EvaluationError
├── ValueRefused    a score, an outcome or a feature that no metric is defined for
└── NotMergeable    accumulators that do not count the same thing

A stored accumulator that does not follow its schema is `model_store.errors.DocumentInvalid`.
"""

from __future__ import annotations


class EvaluationError(Exception):
    """Base of every error that the evaluation raises."""


class ValueRefused(EvaluationError):
    """A value that cannot be counted. The accumulator is as it was before."""


class NotMergeable(EvaluationError):
    """Two accumulators differ in what they count: another threshold, other classes, another baseline."""
