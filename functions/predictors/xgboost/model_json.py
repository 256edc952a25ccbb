"""Decoder for the JSON that XGBoost writes, as strict as the UBJSON one.

XGBoost's own reader takes NaN, the last of two members with one name, and any nesting until its stack is full. What
passes here is plain JSON, of which there is one reading only: what was checked is what XGBoost will load.
"""

from __future__ import annotations

from predictors.xgboost.ubj import MAX_DEPTH
from records.strict_json import JsonRefused, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def decode(data: bytes, *, nan: bool = False) -> Any:
    """The object in `data`. Raises ValueError where it is no strict JSON.

    nan : take NaN too, which XGBoost before 3.1 writes into categorical splits.
    """
    if data[:1] != b"{":
        raise ValueError(f"expected JSON that begins with {{, got {data[:8]!r}")
    try:
        return parse(data, most_levels=MAX_DEPTH, nan=nan)
    except JsonRefused as refused:
        again = f", got {refused.member!r} again" if refused.member else ""
        raise ValueError(f"JSON: {refused.detail}{again}") from None
