"""Errors of a training."""

from __future__ import annotations

from records.faults import ScorerError


class TrainingRefused(ScorerError):
    """The request cannot be trained, and a retry does not help. The name is a contract: workflows catch it."""
