"""DynamoDB's typed attributes as plain values.

https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
"""

from __future__ import annotations

from records.faults import Code, Fault
from records.numbers import number_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_MAX_TEXT = 400  # characters of a DynamoDB number, which has at most 38 digits
_MAX_LEVELS = 64  # DynamoDB nests 32


def plain_image(image: dict[str, Any], where: str) -> dict[str, Any]:
    """The values of an image's attributes. where : its JSON Pointer, for faults. Raises Fault."""
    return {name: _plain(value, where, _MAX_LEVELS) for name, value in image.items()}


def _plain(typed: Any, where: str, levels: int) -> Any:
    """The value of a typed attribute, such as {"N": "3.4"}."""
    if type(typed) is not dict or len(typed) != 1 or not levels:
        raise _invalid(where, 'expected attributes of a DynamoDB type, such as {"N": "3.4"}')
    ((kind, value),) = typed.items()
    if kind in ("S", "B") and type(value) is str:
        return value
    if kind == "N":
        return _number(value, where)
    if kind == "BOOL" and type(value) is bool:
        return value
    if kind == "NULL":
        return None
    if kind == "M" and type(value) is dict:
        return {name: _plain(inner, where, levels - 1) for name, inner in value.items()}
    if kind == "L" and type(value) is list:
        return [_plain(inner, where, levels - 1) for inner in value]
    if kind in ("SS", "NS", "BS") and type(value) is list:
        return [_plain({kind[0]: inner}, where, levels - 1) for inner in value]
    raise _invalid(where, "expected one of DynamoDB's types, with a value of that type")


def _number(text: Any, where: str) -> int | float:
    found = number_of(text) if type(text) is str and len(text) <= _MAX_TEXT else None
    if found is None:
        raise _invalid(where, "expected a DynamoDB number as text")
    return found


def _invalid(path: str, detail: str) -> Fault:
    return Fault(Code.INVALID_ENVELOPE, path, detail)
