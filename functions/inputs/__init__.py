"""Inputs that are no matrix of features: by the `inputs.kind` of a manifest, what makes one row of an event's value.

Each kind is a module here, imported only for a manifest that names it, with `read`, as `inputs.preparation` describes
it. A model of the default kind, features, imports nothing of it.
"""

from __future__ import annotations

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from inputs.preparation import InputKind, Preparation

FEATURES = "features"
# By name: the module. The one feature of such a model has the kind for its type.
KINDS = {"image": "inputs.image", "text": "inputs.text"}


def read(kind: str, steps: list[Any]) -> Preparation | None:
    """What a manifest's `inputs.kind` and `inputs.preprocessing` ask for; None for features.

    Raises PreparationInvalid.
    """
    if kind == FEATURES:
        if steps:
            raise PreparationInvalid("expected []: features are not prepared")
        return None
    module: InputKind = import_module(KINDS[kind])
    return module.read(steps)


class PreparationUnavailable(Exception):
    """The package lacks what the preparation needs; the message says how to build it."""


class PreparationInvalid(ValueError):
    """The steps of a manifest are none that this version knows; the message begins with what was expected."""
