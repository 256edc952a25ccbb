"""Hours, counted from the epoch in UTC: the unit in which everything is kept and evaluated."""

from __future__ import annotations

from datetime import UTC, datetime

from records.timestamps import timestamp

SECONDS = 3600


def hour_of(seconds: float) -> int:
    """The hour in which a time lies; `seconds` since the epoch."""
    return int(seconds // SECONDS)


def begins(hour: int) -> str:
    """When the hour begins, RFC 3339."""
    return timestamp(float(hour * SECONDS))


def folder(hour: int) -> str:
    """The hour as a part of a key: 2026/11/21/12."""
    return datetime.fromtimestamp(hour * SECONDS, UTC).strftime("%Y/%m/%d/%H")
