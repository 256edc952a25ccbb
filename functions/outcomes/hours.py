"""Hours since the epoch, in UTC: the unit of storage and evaluation."""

from __future__ import annotations

from datetime import UTC, datetime

from records.timestamps import timestamp

SECONDS = 3600


def hour_of(seconds: float) -> int:
    """The hour of a time. seconds : since the epoch."""
    return int(seconds // SECONDS)


def begins(hour: int) -> str:
    """The beginning of the hour, RFC 3339."""
    return timestamp(float(hour * SECONDS))


def folder(hour: int) -> str:
    """The hour in a key: 2026/11/21/12."""
    return datetime.fromtimestamp(hour * SECONDS, UTC).strftime("%Y/%m/%d/%H")
