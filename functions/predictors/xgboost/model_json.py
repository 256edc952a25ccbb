"""Decoder for the JSON that XGBoost writes, as strict as the UBJSON one.

XGBoost's own reader takes NaN, the last of two members with one name, and any nesting until its stack is full. What
passes here is plain JSON, of which there is one reading only: what was checked is what XGBoost will load.
"""

import json
import re
from typing import Any

from predictors.xgboost.ubj import MAX_DEPTH

# A string (also one that is not closed, so that no quote is looked at twice), or a bracket.
_TOKEN = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+(?:"|\\?\Z)|[\[\]{}]', re.DOTALL)


def decode(data: bytes, *, nan: bool = False) -> Any:
    """The object in `data`. Raises ValueError where it is no strict JSON.

    nan : take NaN too, which XGBoost before 3.1 writes into categorical splits.
    """
    if data[:1] != b"{":
        raise ValueError(f"expected JSON that begins with {{, got {data[:8]!r}")
    _check_depth(data)
    try:
        return json.loads(
            data.decode("utf-8"), object_pairs_hook=_unique, parse_constant=float if nan else _refuse_constant
        )
    except json.JSONDecodeError as error:
        raise ValueError(f"expected JSON: {error}") from None


def _check_depth(data: bytes) -> None:
    """Before anything recurses into it."""
    depth = 0
    for token in _TOKEN.finditer(data):
        match data[token.start()]:
            case 0x5B | 0x7B:  # [ {
                depth += 1
                if depth > MAX_DEPTH:
                    raise ValueError(f"expected at most {MAX_DEPTH} nested values, got more at byte {token.start()}")
            case 0x5D | 0x7D:  # ] }
                depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"expected each member once, got {twice!r} again")
    return members


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"expected JSON, which has no {name}")
