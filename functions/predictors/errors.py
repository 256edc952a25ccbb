"""What a framework raises about a model; `model_store.verify` turns it into the check that failed."""

from __future__ import annotations


class ModelUnsound(ValueError):
    """The model's file is not one that may be loaded, or it does not agree with its manifest."""


class NoAttributions(Exception):
    """The model has no feature attributions; the message says why."""


class ModelNotLoaded(RuntimeError):
    """The framework's own library refuses the model, or is not there."""


class EnginesDiffer(ValueError):
    """Two engines that must give the same scores do not."""
