"""Reading JSON documents member by member, with errors that name the member and what was expected."""

from __future__ import annotations

import json
import math

from model_store.errors import DocumentInvalid
from records import strict_json
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

MAX_DEPTH = 64  # nested values of a document: what reads and writes them recurses


def parse(raw: bytes, what: str) -> Document:
    """The JSON object in `raw`. Raises DocumentInvalid where it is not strict JSON with an object at the top."""
    return Document.of(json_value(raw, what, "a JSON object"), what)


def json_value(raw: bytes, what: str, expected: str) -> Any:
    """The value in `raw`. Raises DocumentInvalid where it is not strict JSON."""
    try:
        return strict_json.parse(raw, most_levels=MAX_DEPTH)
    except strict_json.JsonRefused as refused:
        detail = f"{refused.detail}{f': {refused.member!r}' if refused.member else ''}"
        raise DocumentInvalid(f"{what}: expected {expected}, got text that does not parse: {detail}") from None


def canonical(value: Any) -> bytes:
    """One value, one byte string: sorted members, ASCII, no NaN, a newline at the end."""
    return json.dumps(value, sort_keys=True, indent=2, allow_nan=False).encode() + b"\n"


# Integers within these serve as floats without loss.
_INTEGERS = 1 << 53


class Document(Value):
    """A JSON object and the path by which errors name it."""

    members: dict[str, Any]
    path: str

    @classmethod
    def of(cls, value: Any, path: str) -> Document:
        if not isinstance(value, dict):
            raise DocumentInvalid(f"{path}: expected an object, got {kind(value)}")
        return cls(value, path)

    def only(self, members: Iterable[str]) -> None:
        """Refuse every member that is not one of these."""
        known = list(members)
        if unknown := [name for name in self.members if name not in known]:
            raise DocumentInvalid(f"{self.path}.{unknown[0]}: unknown member: expected {', '.join(known)}")

    def get[T](self, key: str, expected: type[T], default: T | None = None) -> T:
        """The member `key`, of exactly the JSON type `expected` (an integer also serves as a float)."""
        value = self.members.get(key, default)
        if expected is float and type(value) is int and abs(value) < _INTEGERS:
            value = float(value)
        if type(value) is not expected:
            raise DocumentInvalid(f"{self.path}.{key}: expected {kind(expected())}, got {kind(value)}")
        return value

    def optional[T](self, key: str, read: Callable[[Any, str], T]) -> T | None:
        """`read(value, path)` of the member `key`, or None where it is absent or null."""
        value = self.members.get(key)
        return None if value is None else read(value, f"{self.path}.{key}")

    def child(self, key: str) -> Document:
        return Document.of(self.members.get(key), f"{self.path}.{key}")

    def section(self, key: str) -> Document:
        """The object `key`; an empty one where it is absent."""
        return Document.of(self.members.get(key, {}), f"{self.path}.{key}")

    def children(self, key: str) -> list[Document]:
        items = self.get(key, list)
        return [Document.of(item, f"{self.path}.{key}[{i}]") for i, item in enumerate(items)]

    def strings(self, key: str, default: list[str] | None = None) -> tuple[str, ...]:
        return strings(self.get(key, list, default), f"{self.path}.{key}")

    def one_of(self, key: str, allowed: tuple[str, ...], default: str | None = None) -> str:
        value = self.get(key, str, default)
        if value not in allowed:
            raise DocumentInvalid(f"{self.path}.{key}: expected one of {', '.join(allowed)}, got {value!r}")
        return value


def strings(value: Any, path: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise DocumentInvalid(f"{path}: expected an array of strings, got {kind(value)}")
    return tuple(value)


def string(value: Any, path: str) -> str:
    if not isinstance(value, str):
        raise DocumentInvalid(f"{path}: expected a string, got {kind(value)}")
    return value


def finite(value: Any, path: str) -> float:
    try:
        if not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(value):
            return float(value)
    except OverflowError:  # an integer beyond any float
        pass
    raise DocumentInvalid(f"{path}: expected a finite number, got {value!r:.40}")


def kind(value: Any) -> str:
    """The JSON name of a value's type."""
    names = {
        dict: "an object",
        list: "an array",
        str: "a string",
        bool: "true or false",
        type(None): "nothing",
    }
    return names.get(type(value), "a number")
