"""The one reader of JSON: what the lenient decoder accepts and the standard leaves open is refused.

No member twice, no NaN or Infinity, a bounded depth, UTF-8, nothing after the value. `parse` reads a value, for
documents and model files too; `decode` reads an event, and every refusal is a Fault.
"""

from __future__ import annotations

import itertools
import json

from records.faults import Code, Fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Levels of arrays and objects. How many the JSON decoder itself takes depends on Python's version and the machine.
MAX_DEPTH = 1_000


class JsonRefused(ValueError):
    """The bytes are not strict JSON. The message never holds a part of them.

    code : the quarantine code of an event that is refused for the same reason.
    member : the name that an object has twice; else empty.
    """

    def __init__(self, code: Code, detail: str, member: str = "") -> None:
        super().__init__(detail)
        self.code, self.detail, self.member = code, detail, member

    def fault(self) -> Fault:
        """What is wrong with an event of such bytes."""
        return Fault(self.code, "", self.detail)


def parse(data: bytes, *, most_levels: int = MAX_DEPTH, nan: bool = False) -> Any:
    """The JSON value in `data`. Raises JsonRefused.

    most_levels : nested arrays and objects, at most.
    nan : accept NaN and Infinity too, which XGBoost before 3.1 writes.
    """
    text = utf8(data)
    try:
        value = (_WITH_NAN if nan else _STRICT).decode(text)
    except json.JSONDecodeError as error:
        raise JsonRefused(Code.INVALID_JSON, f"{error.msg} at character {error.pos}") from None
    except RecursionError:
        raise _too_deep(most_levels) from None
    except JsonRefused:
        raise
    except ValueError:
        # Python refuses to convert an integer of more than 4,300 digits.
        detail = "expected numbers that float32 can hold, got an integer beyond any"
        raise JsonRefused(Code.NON_FINITE, detail) from None
    if data.count(b"[") + data.count(b"{") > most_levels and _deeper(value, most_levels):
        raise _too_deep(most_levels)
    return value


def utf8(data: bytes) -> str:
    """The text in `data`. Raises JsonRefused."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise JsonRefused(Code.INVALID_UTF8, f"expected UTF-8, got another byte at {error.start}") from None


def decode(data: bytes) -> dict[str, Any]:
    """The JSON object in an event's bytes. Raises Fault."""
    try:
        value = parse(data)
    except JsonRefused as refused:
        raise refused.fault() from None
    if type(value) is not dict:
        raise Fault(Code.NOT_AN_OBJECT, "", "expected an object at the top")
    return value


def _too_deep(most_levels: int) -> JsonRefused:
    return JsonRefused(Code.INVALID_JSON, f"expected at most {most_levels} nested values")


def _deeper(value: Any, most_levels: int) -> bool:
    level = [value]
    for _ in range(most_levels):
        members = (outer.values() if type(outer) is dict else outer for outer in level)
        level = [inner for inner in itertools.chain(*members) if type(inner) in (dict, list)]
        if not level:
            return False
    return True


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise JsonRefused(Code.DUPLICATE_KEY, "expected each member once", twice)
    return members


def _refuse_constant(name: str) -> Any:
    raise JsonRefused(Code.INVALID_JSON, f"expected JSON, which has no {name}")


_STRICT = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)
_WITH_NAN = json.JSONDecoder(object_pairs_hook=_unique)
