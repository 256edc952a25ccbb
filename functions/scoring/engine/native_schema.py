"""A manifest's events, as the native engine's schema says them."""

from __future__ import annotations

import struct
from json.encoder import encode_basestring_ascii

from model_store.event_format import CSV, INTEGER, JSON, MANY, OPEN_INFERENCE
from records import json_pointer
from records.categories import CategoryCodes
from scoring.members import known_members, parents_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType
    from typing import Any

    import native._native as _native
    from model_store.feature import Feature
    from model_store.manifest import Manifest

    Scalars = tuple[Sequence[tuple[int, bytes, int]], int, int, int]

_TEXT, _INTEGER, _DOUBLE = range(3)  # as in scalars.h
_NO_CODE = 2**32 - 1


def covers(manifest: Manifest) -> bool:
    """Whether the native engine reads a manifest's events.

    It does not divide a request for members that differ from event to event: those of its tensors. Texts and images
    are prepared one by one.
    """
    event = manifest.event
    if manifest.preparation is not None:
        return False
    if event.format != OPEN_INFERENCE or event.events_per_record != MANY:
        return True
    paths = [event.event_id or "", *(rule.path for rule in event.ignore), *event.passthrough]
    return not any(json_pointer.parse(path)[:1] == ("inputs",) for path in paths)


def schema(c: ModuleType, manifest: Manifest, *, optional_id: bool = False) -> _native.Schema:
    """The compiled schema of a manifest; c : the extension. optional_id : an event may lack its id."""
    event = manifest.event
    holders = _holders(manifest) if event.format == JSON else []
    slots = {(parent, name): slot for slot, (parent, name) in enumerate((p, n) for p, names in holders for n in names)}
    features = [
        _feature(feature, slots.get((feature.tokens[:-1], feature.key), 0), event.format == CSV)
        for feature in manifest.features
    ]
    made: _native.Schema = c.Schema(
        features,
        holders,
        event.event_id_tokens,
        event.event_id_type == INTEGER,
        event.format,
        event.unwrap,
        event.events_per_record == MANY,
        [(json_pointer.parse(rule.path), _values(rule.equals)) for rule in event.ignore],
        [(tokens, f"{encode_basestring_ascii(tokens[-1])}:") for tokens in map(json_pointer.parse, event.passthrough)],
        optional_id,
    )
    return made


def _holders(manifest: Manifest) -> list[tuple[tuple[str, ...], list[str]]]:
    """The objects with features, and the members that are known in each: the features' first, in their order."""
    found = []
    for parent in parents_of(manifest):
        names = dict.fromkeys(feature.key for feature in manifest.features if feature.tokens[:-1] == parent)
        names.update(dict.fromkeys(sorted(known_members(manifest, parent))))
        found.append((parent, list(names)))
    return found


def _feature(feature: Feature, slot: int, csv: bool) -> tuple[Any, ...]:
    category = feature.type == "category"
    missing = [value for value in feature.missing_values if type(value) is str]
    return (
        feature.name,
        feature.type,
        feature.allow_missing,
        feature.accept_text or csv,  # all values of CSV are text
        feature.unknown_category == "missing",
        slot,
        _codes(CategoryCodes(feature.categories if category else ())),
        _codes(CategoryCodes(missing if category else ())),
        feature.missing_codes,
    )


def _codes(codes: CategoryCodes) -> Scalars:
    scalars = [(_TEXT, _utf8(text), int(code)) for text, code in codes.texts.items()]
    scalars += [scalar for number, code in codes.numbers.items() for scalar in _number(number, int(code))]
    false, true = (int(codes.booleans.get(value, _NO_CODE)) for value in (False, True))
    return scalars, false, true, _NO_CODE


def _values(values: Sequence[Any]) -> Scalars:
    """The values of a rule; all of them have the same code."""
    scalars = [(_TEXT, _utf8(value), 0) for value in values if type(value) is str]
    scalars += [scalar for value in values if type(value) in (int, float) for scalar in _number(value, 0)]
    words = (0 if any(value is word for value in values) else _NO_CODE for word in (False, True, None))
    return (scalars, *words)  # type: ignore[return-value]


def _number(number: float, code: int) -> list[tuple[int, bytes, int]]:
    """A number as the integer that it is, and as the double."""
    found = []
    if type(number) is int or float(number).is_integer():
        found.append((_INTEGER, str(int(number)).encode(), code))
    try:
        if float(number) == number:
            found.append((_DOUBLE, struct.pack("=d", float(number) + 0.0), code))  # without -0
    except OverflowError:  # an integer beyond any float
        pass
    return found


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
