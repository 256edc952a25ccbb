"""What the API's model demands of a request: members, types, lengths, ranges, patterns, values.

The model is botocore's: `shape` has type_name, metadata, members, member, key, value.
"""

import re
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any

from millrace_localstack.plugin.kinesis.errors import constraints_failed, malformed

# Where a value is: the place of what contains it, and its name there. Written out for errors only.
type Place = tuple[Place, str] | None
type Check = Callable[[Any, Place, list[str]], None]

_TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "blob": (bytes, bytearray),
    "integer": (int,),
    "long": (int,),
    "boolean": (bool,),
    "timestamp": (datetime,),
    "list": (list,),
    "map": (dict,),
    "structure": (dict,),
}


def validate(shape: Any, request: dict[str, Any]) -> None:
    """Raises ValidationException or SerializationException."""
    failures: list[str] = []
    _check(shape)(request, None, failures)
    if failures:
        raise constraints_failed(failures)


@cache
def _check(shape: Any) -> Check:
    """The check of a shape, made once."""
    types = _TYPES[shape.type_name]
    bounds = _bounds(shape)
    children = _children(shape)

    def check(value: Any, place: Place, failures: list[str]) -> None:
        if not isinstance(value, types):
            raise malformed(f"{type(value).__name__} can not be converted to {shape.type_name} at '{_text(place)}'")
        for bound in bounds:
            bound(value, place, failures)
        if children is not None:
            children(value, place, failures)

    return check


def _bounds(shape: Any) -> list[Check]:
    metadata, found = shape.metadata, []
    numbers = shape.type_name in ("integer", "long")
    if shape.type_name == "string":
        found.append(_unicode)
    size = (lambda value: value) if numbers else len
    what = "value" if numbers else "length"
    if "min" in metadata:
        least = metadata["min"]
        found.append(
            _bound(lambda value: size(value) >= least, f"Member must have {what} greater than or equal to {least}")
        )
    if "max" in metadata:
        most = metadata["max"]
        found.append(_bound(lambda value: size(value) <= most, f"Member must have {what} less than or equal to {most}"))
    if "pattern" in metadata:
        matches = re.compile(metadata["pattern"], re.ASCII).fullmatch
        rule = f"Member must satisfy regular expression pattern: {metadata['pattern']}"
        found.append(_bound(lambda value: matches(value) is not None, rule))
    if shape.type_name == "string" and shape.enum:
        values = frozenset(shape.enum)
        rule = f"Member must satisfy enum value set: [{', '.join(shape.enum)}]"
        found.append(_bound(lambda value: value in values, rule))
    return found


def _bound(holds: Callable[[Any], bool], rule: str) -> Check:
    def check(value: Any, place: Place, failures: list[str]) -> None:
        if not holds(value):
            failures.append(_failure(value, place, rule))

    return check


def _children(shape: Any) -> Check | None:
    match shape.type_name:
        case "structure":
            return _members(shape)
        case "list":
            of_member = _check(shape.member)

            def items(value: Any, place: Place, failures: list[str]) -> None:
                for number, item in enumerate(value, 1):
                    of_member(item, ((place, str(number)), "member"), failures)

            return items
        case "map":
            of_key, of_value = _check(shape.key), _check(shape.value)

            def entries(value: Any, place: Place, failures: list[str]) -> None:
                for key, item in value.items():
                    of_key(key, (place, "key"), failures)
                    of_value(item, ((place, str(key)), "member"), failures)

            return entries
    return None


def _members(shape: Any) -> Check:
    required = frozenset(shape.required_members)
    members = [
        (name, name[0].lower() + name[1:], _check(member), name in required) for name, member in shape.members.items()
    ]

    def check(value: Any, place: Place, failures: list[str]) -> None:
        for name, written, of_member, needed in members:
            member = value.get(name)
            if member is not None:
                of_member(member, (place, written), failures)
            elif needed:
                failures.append(_failure(None, (place, written), "Member must not be null"))

    return check


def _unicode(value: str, place: Place, failures: list[str]) -> None:
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise malformed(f"A string with half of a surrogate pair at '{_text(place)}'") from error


def _failure(value: Any, place: Place, rule: str) -> str:
    """Blobs, lists and maps are not written out."""
    shown = "null " if value is None else f"'{value}' " if isinstance(value, str | int) else ""
    return f"Value {shown}at '{_text(place)}' failed to satisfy constraint: {rule}"


def _text(place: Place) -> str:
    names = []
    while place is not None:
        place, name = place
        names.append(name)
    return ".".join(reversed(names))
