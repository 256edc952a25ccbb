"""Converts a JSON object to a typed row, by the manifest: one converter per feature, made once per model."""

from __future__ import annotations

import math
from collections import namedtuple

from model_store.manifest import parent_of
from records import json_pointer
from records.faults import Code, Fault
from scoring.features import as_float32

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from model_store.manifest import Feature, Manifest

    # From a JSON value to a float; it raises _Unfit.
    Converter = Callable[[Any], float]

_ABSENT = object()


class Row(namedtuple("Row", ("event_id", "features", "ignored_members"))):
    """What a model needs of one event: its id, and its features in the manifest's order (NaN: missing).

    `ignored_members` counts the features that the manifest does not know.
    """

    __slots__ = ()
    event_id: str
    features: tuple[float, ...]
    ignored_members: int


class Validator:
    """Reads the rows of one model version.

    >>> Validator(manifest).row({"event_id": "e-1", "features": {"pages": 3}})
    """

    def __init__(self, manifest: Manifest) -> None:
        self._event_id_path = manifest.event.event_id_tokens
        self._features_path = parent_of(manifest.features)
        self._known = _known(manifest)
        self._converters = [(feature.key, _converter(feature)) for feature in manifest.features]

    def row(self, event: dict[str, Any]) -> Row:
        """The typed row of an event. Raises Fault with the path of the member at fault."""
        event_id = _walk(event, self._event_id_path, Code.MISSING_EVENT_ID)
        if type(event_id) is not str:
            raise Fault(Code.WRONG_TYPE, json_pointer.write(self._event_id_path), "expected a string")
        features = _walk(event, self._features_path, Code.MISSING_FEATURE)
        if type(features) is not dict:
            raise Fault(Code.WRONG_TYPE, json_pointer.write(self._features_path), "expected an object")
        return Row(event_id, self._convert(features), len(features.keys() - self._known))

    def _convert(self, features: Mapping[str, Any]) -> tuple[float, ...]:
        key = ""
        try:
            row = []
            for key, convert in self._converters:
                row.append(convert(features.get(key)))
            return tuple(row)
        except _Unfit as unfit:
            path = json_pointer.write((*self._features_path, key))
            raise Fault(unfit.code, path, unfit.detail) from None


class _Unfit(Exception):
    """A value that its feature cannot take; the path is known further up."""

    def __init__(self, code: Code, detail: str) -> None:
        self.code, self.detail = code, detail


def _known(manifest: Manifest) -> frozenset[str]:
    """The members that are known in the object with the features: these, and the event's id where it is one too."""
    parent, event_id = parent_of(manifest.features), manifest.event.event_id_tokens
    ours = event_id[len(parent) :][:1] if event_id[: len(parent)] == parent else ()
    return frozenset((*(feature.key for feature in manifest.features), *ours))


def _walk(event: dict[str, Any], path: tuple[str, ...], missing: Code) -> Any:
    value: Any = event
    for i, name in enumerate(path):
        if type(value) is not dict:
            raise Fault(Code.WRONG_TYPE, json_pointer.write(path[:i]), "expected an object")
        value = value.get(name, _ABSENT)
        if value is _ABSENT:
            raise Fault(missing, json_pointer.write(path[: i + 1]), "expected this member")
    return value


def _converter(feature: Feature) -> Converter:
    """The function from a JSON value (None where absent or null) to float; it raises _Unfit."""
    absent = _missing(feature)
    if feature.type == "category":
        convert = _category(feature, absent)
    else:
        convert = {"float": _float, "int": _int, "bool": _bool}[feature.type](absent)
    return _with_missing_values(feature, convert, absent) if feature.missing_values else convert


def _with_missing_values(feature: Feature, convert: Converter, absent: Callable[[], float]) -> Converter:
    """The converter for a feature of which some values count as missing."""
    codes = frozenset(feature.missing_codes)
    texts = frozenset(value for value in feature.missing_values if type(value) is str)

    def converted(value: Any) -> float:
        if type(value) is str and value in texts:
            return absent()
        code = convert(value)
        return absent() if as_float32(code) in codes else code

    return converted


def _missing(feature: Feature) -> Callable[[], float]:
    def allowed() -> float:
        return math.nan

    def refused() -> float:
        raise _Unfit(Code.MISSING_FEATURE, "expected a value: the manifest allows no missing one")

    return allowed if feature.allow_missing else refused


def _float(absent: Callable[[], float]) -> Converter:
    def convert(value: Any) -> float:
        if type(value) is float:
            if value - value != 0.0:  # inf, by way of a literal such as 1e999
                raise _Unfit(Code.NON_FINITE, "expected a number that float32 can hold")
            return value
        if type(value) is int:
            return _from_int(value)
        if value is None:
            return absent()
        raise _Unfit(Code.WRONG_TYPE, "expected a number")

    return convert


def _int(absent: Callable[[], float]) -> Converter:
    def convert(value: Any) -> float:
        if type(value) is int:
            return _from_int(value)
        if type(value) is float:
            if value - value != 0.0:
                raise _Unfit(Code.NON_FINITE, "expected a number that float32 can hold")
            if value.is_integer():
                return value
        if value is None:
            return absent()
        raise _Unfit(Code.WRONG_TYPE, "expected an integer")

    return convert


def _bool(absent: Callable[[], float]) -> Converter:
    def convert(value: Any) -> float:
        if value is True or value is False:
            return float(value)
        if value is None:
            return absent()
        raise _Unfit(Code.WRONG_TYPE, "expected true or false")

    return convert


def _category(feature: Feature, absent: Callable[[], float]) -> Converter:
    codes = {category: float(code) for code, category in enumerate(feature.categories)}
    unknown_is_missing = feature.unknown_category == "missing"

    def convert(value: Any) -> float:
        if type(value) is str:
            code = codes.get(value)
            if code is not None:
                return code
            if unknown_is_missing:
                return math.nan
            raise _Unfit(Code.UNKNOWN_CATEGORY, "expected one of the manifest's categories")
        if value is None:
            return absent()
        raise _Unfit(Code.WRONG_TYPE, "expected a string")

    return convert


def _from_int(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        raise _Unfit(Code.NON_FINITE, "expected a number that float32 can hold") from None
