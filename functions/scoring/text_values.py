"""Numbers and booleans that an event has as text, for features that accept it. Imported for such models only."""

from __future__ import annotations

from records.categories import BOOLEANS
from records.numbers import number_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_TRUTHS: dict[Any, bool] = {**BOOLEANS, "0": False, "1": True}


def from_text(feature_type: str, convert: Callable[[Any], float]) -> Callable[[Any], float]:
    """`convert` for a feature of this type, which also takes text (a `bool` feature also 0 and 1).

    Text that is no number or boolean is left to `convert`, which refuses it.
    """
    read = {"float": _number, "int": _number, "bool": _truth}[feature_type]
    return lambda value: convert(read(value))


def _number(value: Any) -> Any:
    found = number_of(value) if type(value) is str else None
    return value if found is None else found


def _truth(value: Any) -> Any:
    if type(value) is str:
        return _TRUTHS.get(value, value)
    return bool(value) if type(value) in (int, float) and value in (0, 1) else value
