"""A feature of a model, as its manifest describes it: `inputs.features`."""

from __future__ import annotations

import math
import struct

from inputs import FEATURES
from model_store import reserved
from model_store.errors import DocumentInvalid
from model_store.event_format import pointer
from records import json_pointer
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from model_store.documents import Document

# What data capture keeps of a value: it, a hash of it, whether there is one, or nothing.
PLAIN, HASH, MASK, OMIT = CAPTURE_RULES = ("plain", "hash", "mask", "omit")
FEATURE_TYPES = ("float", "int", "bool", "category")
UNKNOWN_CATEGORY_RULES = ("refuse", "missing")


class Feature(Value):
    """One column of the matrix. A category becomes its index in `categories`.

    path : a JSON Pointer into the event; by default the member of that name in `features`.
    accept_text : numbers and booleans may be text, and booleans 0 and 1.
    capture : what data capture keeps of the value.
    missing_values : what counts as missing in addition to null and absence: numbers, booleans or texts, as the type is.
    """

    name: str
    type: str
    path: str = ""
    allow_missing: bool = True
    missing_values: tuple[float | str, ...] = ()
    categories: tuple[str, ...] = ()
    unknown_category: str = "refuse"
    accept_text: bool = False
    capture: str = PLAIN

    def _default(self, member: str) -> Any:
        return json_pointer.write(("features", self.name)) if member == "path" else super()._default(member)

    @property
    def tokens(self) -> tuple[str, ...]:
        """The tokens of the path."""
        return json_pointer.parse(self.path)

    @property
    def key(self) -> str:
        """The name of the event's member that has the value; the feature's own name may be another."""
        return self.tokens[-1]

    @property
    def missing_codes(self) -> tuple[float, ...]:
        """The values that count as missing as they would be in the matrix; texts that are no category are left out.

        Numbers are compared as float32, as XGBoost does.
        """
        if self.type == "category":
            return tuple(float(self.categories.index(text)) for text in self.missing_values if text in self.categories)
        return tuple(struct.unpack("=f", struct.pack("=f", value))[0] for value in self.missing_values)

    @classmethod
    def read(cls, document: Document, kind: str = FEATURES) -> Feature:
        """kind : of the inputs; the one feature of a text or an image has it for its type. Raises DocumentInvalid."""
        reserved.check(document, "feature", cls.__match_args__)
        name = document.get("name", str)
        feature = cls(
            name=name,
            type=document.one_of("type", FEATURE_TYPES if kind == FEATURES else (kind,)),
            path=pointer(document.members.get("path", json_pointer.write(("features", name))), f"{document.path}.path"),
            allow_missing=document.get("allow_missing", bool, kind == FEATURES),
            missing_values=tuple(document.get("missing_values", list, [])),
            categories=document.strings("categories", []),
            unknown_category=document.one_of("unknown_category", UNKNOWN_CATEGORY_RULES, "refuse"),
            accept_text=document.get("accept_text", bool, False),
            capture=document.one_of("capture", CAPTURE_RULES, PLAIN if kind == FEATURES else OMIT),
        )
        if (feature.type == "category") != bool(feature.categories):
            raise DocumentInvalid(f"{document.path}.categories: expected exactly where the type is category")
        if kind != FEATURES and feature != cls(name, kind, feature.path, allow_missing=False, capture=OMIT):
            raise DocumentInvalid(
                f"{document.path}: expected no rules for missing values, texts of numbers or categories, and omit for "
                f"capture: the feature is one {kind}"
            )
        _check_missing_values(feature, f"{document.path}.missing_values")
        if len(set(feature.categories)) != len(feature.categories):
            raise DocumentInvalid(f"{document.path}.categories: expected each category once")
        if feature.unknown_category == "missing" and not feature.allow_missing:
            raise DocumentInvalid(f"{document.path}.unknown_category: missing values are not allowed here")
        return feature


def _check_missing_values(feature: Feature, path: str) -> None:
    """Texts for a category, booleans for bool, else numbers that float32 can hold; each once."""
    expected, types = {"category": ("texts", (str,)), "bool": ("booleans", (bool,))}.get(
        feature.type, ("numbers", (int, float))
    )
    if not all(type(value) in types for value in feature.missing_values):
        raise DocumentInvalid(f"{path}: expected {expected}, as the type is {feature.type}")
    if len(set(feature.missing_values)) != len(feature.missing_values):
        raise DocumentInvalid(f"{path}: expected each value once")
    try:
        held = all(map(math.isfinite, feature.missing_codes))
    except (OverflowError, struct.error):  # the second for an integer beyond any float
        held = False
    if not held:
        raise DocumentInvalid(f"{path}: expected numbers that float32 can hold")


def members_of(parent: str, features: Iterable[Feature]) -> tuple[Feature, ...]:
    """The features, each as the member of its name in the object at `parent`, a JSON Pointer ("": the event)."""
    return tuple(one.__replace__(path=parent + json_pointer.write((one.name,))) for one in features)
