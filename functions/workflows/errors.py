"""Errors of one item. The state machine catches each by its name, so that the other items continue."""

from __future__ import annotations

from records.faults import ScorerError


class ItemMissing(ScorerError):
    """There is no such object, or its version is gone."""


class ItemTooLarge(ScorerError):
    """The object, or what is in it, is larger than the run or the model accepts."""


class ItemUnreadable(ScorerError):
    """The version that scores the item cannot read it, and never will."""
