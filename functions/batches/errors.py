"""Errors of batches. Each ends a step of the state machine, which reports it."""

from __future__ import annotations

from records.faults import ScorerError


class BatchRefused(ScorerError):
    """The run asks for what cannot be done: trying again does not help."""


class CountsDiffer(ScorerError):
    """The rows of an item are not what it became: a fault of Millrace."""
