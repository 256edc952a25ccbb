"""Timestamps as text."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from functools import lru_cache


@lru_cache(maxsize=4096)  # the records of one PutRecords call arrive at the same millisecond
def timestamp(seconds: float) -> str:
    """RFC 3339 in UTC with milliseconds, cut; a time is read to the nearest microsecond, as datetime reads it."""
    fraction, whole = math.modf(seconds)
    microseconds = round(fraction * 1_000_000)
    carried, rest = divmod(microseconds, 1_000_000)
    return f"{_second(int(whole) + carried)}.{rest // 1000:03d}Z"


@lru_cache(maxsize=1024)
def _second(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat().removesuffix("+00:00")
