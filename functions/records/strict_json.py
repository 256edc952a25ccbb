"""Decode an event's JSON object strictly: input that only Python's lenient decoder accepts is a fault."""

from __future__ import annotations

import itertools
import json

from records.faults import Code, Fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Levels of arrays and objects. How many the JSON decoder itself takes depends on Python's version and the machine.
MAX_DEPTH = 1_000


def decode(data: bytes) -> dict[str, Any]:
    """The JSON object in `data`. Raises Fault."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Fault(Code.INVALID_UTF8, "", f"expected UTF-8, got another byte at {error.start}") from None
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        raise Fault(Code.INVALID_JSON, "", f"{error.msg} at character {error.pos}") from None
    except RecursionError:
        raise Fault(Code.INVALID_JSON, "", "expected fewer nested values") from None
    except ValueError:
        # Python refuses to convert an integer of more than 4,300 digits.
        raise Fault(Code.NON_FINITE, "", "expected numbers that float32 can hold, got an integer beyond any") from None
    if data.count(b"[") + data.count(b"{") > MAX_DEPTH and _too_deep(value):
        raise Fault(Code.INVALID_JSON, "", f"expected at most {MAX_DEPTH} nested values")
    if type(value) is not dict:
        raise Fault(Code.NOT_AN_OBJECT, "", "expected an object at the top")
    return value


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        members = (outer.values() if type(outer) is dict else outer for outer in level)
        level = [inner for inner in itertools.chain(*members) if type(inner) in (dict, list)]
        if not level:
            return False
    return True


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise Fault(Code.DUPLICATE_KEY, "", "expected each member once")
    return members


def _refuse_constant(name: str) -> Any:
    raise Fault(Code.INVALID_JSON, "", f"expected JSON, which has no {name}")


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse_constant)
