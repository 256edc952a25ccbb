"""Converts a JSON object to a typed row, by the manifest: one converter per feature, made once per model."""

from __future__ import annotations

import math
from collections import namedtuple

from model_store.event_format import INTEGER
from records import json_pointer
from records.categories import CategoryCodes
from records.faults import Code, Fault, Unfit
from scoring.features import as_float32
from scoring.members import known_members, parents_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from model_store.feature import Feature
    from model_store.manifest import Manifest

    # From a JSON value to a float; it raises Unfit.
    Converter = Callable[[Any], float]

_ABSENT = object()


class Row(namedtuple("Row", ("event_id", "features", "ignored_members", "passthrough"), defaults=("",))):
    """What a model needs of one event: its id (None: it has none), and its features in the manifest's order (NaN:
    missing); of a text or an image instead the prepared row, as the one item.

    `ignored_members` counts the features that the manifest does not know. `passthrough` is the JSON text of that
    member of the prediction; empty where there is none.
    """

    __slots__ = ()
    event_id: str | int | None
    features: tuple[Any, ...]
    ignored_members: int
    passthrough: str


class Validator:
    """Reads the rows of one model version.

    >>> Validator(manifest).row({"event_id": "e-1", "features": {"pages": 3}})
    """

    def __init__(self, manifest: Manifest) -> None:
        event = manifest.event
        self._event_id_path, self._id_type = event.event_id_tokens, int if event.event_id_type == INTEGER else str
        parents = parents_of(manifest)
        find = _required if len(parents) == 1 else _optional
        self._holders = [(find, parent, known_members(manifest, parent)) for parent in parents]
        self._features_path = parents[0] if len(parents) == 1 else ()
        self._places = [(parents.index(feature.tokens[:-1]), feature.key) for feature in manifest.features]
        self._paths = [feature.path for feature in manifest.features]
        self._converters: list[Callable[[Any], Any]] = (
            [converter(feature) for feature in manifest.features]
            if manifest.preparation is None
            else [manifest.preparation.prepare]
        )

    def row(self, event: dict[str, Any], record: dict[str, Any] | None = None) -> Row:
        """The typed row of an event. record : what has the id, where the event was in an envelope.

        Raises Fault with the path of the member at fault.
        """
        event_id = self.event_id(event if record is None else record)
        ignored, holders = 0, []
        for find, path, known in self._holders:
            holder = find(event, path, known)
            ignored += len(holder.keys() - known)
            holders.append(holder)
        features = self._convert([holders[at].get(key) for at, key in self._places], self._paths)
        if _all_missing(features) and not any(key in holders[at] for at, key in self._places):
            where = json_pointer.write(self._features_path)
            raise Fault(Code.NO_FEATURES, where, "expected at least one of the model's features")
        return Row(event_id, features, ignored)

    def ordered(self, values: Sequence[Any], paths: Sequence[str], event_id: str | int | None = None) -> Row:
        """The typed row of an event whose features are `values`, in the manifest's order.

        paths : of the values, for faults. Raises Fault.
        """
        return Row(event_id, self._convert(values, paths), 0)

    def event_id(self, record: dict[str, Any]) -> str | int | None:
        """The producer's id in a record; None where the manifest asks for none. Raises Fault."""
        path = self._event_id_path
        if path is None:
            return None
        found = _walk(record, path, Code.MISSING_EVENT_ID)
        if type(found) is not self._id_type:
            kind = "a string" if self._id_type is str else "an integer"
            raise Fault(Code.WRONG_TYPE, json_pointer.write(path), f"expected {kind}")
        event_id: str | int = found
        return event_id

    def _convert(self, values: Sequence[Any], paths: Sequence[str]) -> tuple[Any, ...]:
        row: list[Any] = []
        try:
            for value, convert in zip(values, self._converters, strict=True):
                row.append(convert(value))
        except Unfit as unfit:
            raise Fault(unfit.code, paths[len(row)], unfit.detail) from None
        return tuple(row)


def _all_missing(features: Sequence[Any]) -> bool:
    return all(value != value for value in features)


def _required(event: dict[str, Any], path: tuple[str, ...], known: frozenset[str]) -> Mapping[str, Any]:
    """The one object that has all features. Raises Fault."""
    return _members(_walk(event, path, Code.MISSING_FEATURE), path, known)


def _optional(event: dict[str, Any], path: tuple[str, ...], known: frozenset[str]) -> Mapping[str, Any]:
    """One of several objects that have features; where it is absent or null, all of these are missing."""
    found = _walk(event, path, None)
    return {} if found is _ABSENT else _members(found, path, known)


def _members(value: Any, path: tuple[str, ...], known: frozenset[str]) -> Mapping[str, Any]:
    """An object's members; an array's items by their index, if all that is known there is one. Raises Fault."""
    if type(value) is dict:
        return value
    if type(value) is list and path and all(map(json_pointer.is_index, known)):
        return {str(index): item for index, item in enumerate(value)}
    raise Fault(Code.WRONG_TYPE, json_pointer.write(path), "expected an object")


def _walk(event: Any, path: tuple[str, ...], missing: Code | None) -> Any:
    """The value at a path. missing : the code of a fault where there is none; None: then, and where a null is on the
    way or at the end, `_ABSENT`.

    Raises Fault.
    """
    value = event
    for i, token in enumerate(path):
        if type(value) is dict:
            value = value.get(token, _ABSENT)
        elif type(value) is list and i:
            value = value[int(token)] if json_pointer.is_index(token) and int(token) < len(value) else _ABSENT
        else:
            raise Fault(Code.WRONG_TYPE, json_pointer.write(path[:i]), "expected an object")
        if missing is None and value is None:
            return _ABSENT
        if value is _ABSENT:
            if missing is None:
                return _ABSENT
            raise Fault(missing, json_pointer.write(path[: i + 1]), "expected this member")
    return value


def converter(feature: Feature) -> Converter:
    """The function from a JSON value (None where absent or null) to float; it raises Unfit."""
    absent = _missing(feature)
    if feature.type == "category":
        convert = _category(feature, absent)
    else:
        convert = {"float": _float, "int": _int, "bool": _bool}[feature.type](absent)
        if feature.accept_text:
            from scoring.text_values import from_text

            convert = from_text(feature.type, convert)
    return _with_missing_values(feature, convert, absent) if feature.missing_values else convert


def _with_missing_values(feature: Feature, convert: Converter, absent: Callable[[], float]) -> Converter:
    """The converter for a feature of which some values count as missing."""
    codes = frozenset(feature.missing_codes)
    missing = CategoryCodes([value for value in feature.missing_values if type(value) is str])

    def converted(value: Any) -> float:
        if missing.has(value):
            return absent()
        code = convert(value)
        return absent() if as_float32(code) in codes else code

    return converted


def _missing(feature: Feature) -> Callable[[], float]:
    def allowed() -> float:
        return math.nan

    def refused() -> float:
        raise Unfit(Code.MISSING_FEATURE, "expected a value: the manifest allows no missing one")

    return allowed if feature.allow_missing else refused


def _float(absent: Callable[[], float]) -> Converter:
    def convert(value: Any) -> float:
        if type(value) is float:
            if value - value != 0.0:  # inf, by way of a literal such as 1e999
                raise Unfit(Code.NON_FINITE, "expected a number that float32 can hold")
            return value
        if type(value) is int:
            return _from_int(value)
        if value is None:
            return absent()
        raise Unfit(Code.WRONG_TYPE, "expected a number")

    return convert


def _int(absent: Callable[[], float]) -> Converter:
    def convert(value: Any) -> float:
        if type(value) is int:
            return _from_int(value)
        if type(value) is float:
            if value - value != 0.0:
                raise Unfit(Code.NON_FINITE, "expected a number that float32 can hold")
            if value.is_integer():
                return value
        if value is None:
            return absent()
        raise Unfit(Code.WRONG_TYPE, "expected an integer")

    return convert


def _bool(absent: Callable[[], float]) -> Converter:
    def convert(value: Any) -> float:
        if value is True or value is False:
            return float(value)
        if value is None:
            return absent()
        raise Unfit(Code.WRONG_TYPE, "expected true or false")

    return convert


def _category(feature: Feature, absent: Callable[[], float]) -> Converter:
    codes = CategoryCodes(feature.categories)
    code_of = codes.of_text if feature.accept_text else codes.of
    unknown_is_missing = feature.unknown_category == "missing"

    def convert(value: Any) -> float:
        if value is None:
            return absent()
        try:
            code = code_of(value)
        except TypeError:
            raise Unfit(Code.WRONG_TYPE, codes.expected) from None
        if code is not None:
            return code
        if unknown_is_missing:
            return math.nan
        raise Unfit(Code.UNKNOWN_CATEGORY, "expected one of the manifest's categories")

    return convert


def _from_int(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        raise Unfit(Code.NON_FINITE, "expected a number that float32 can hold") from None
