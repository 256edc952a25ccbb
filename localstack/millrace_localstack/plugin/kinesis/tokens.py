"""Opaque tokens that expire: shard iterators and pages. Each one that is given out is new."""

import base64
import itertools
import json
import time
from datetime import UTC, datetime
from typing import Any, NamedTuple

LIFETIME_MS = 300_000

_count = itertools.count()


class Token(NamedTuple):
    """What a token stands for, and when it was given out."""

    fields: list[Any]
    issued_ms: int

    @property
    def expired(self) -> bool:
        return now_ms() - self.issued_ms > LIFETIME_MS


def seal(*fields: Any) -> str:
    return base64.b64encode(json.dumps([now_ms(), next(_count), *fields]).encode()).decode()


def unseal(token: str) -> Token | None:
    """None for what was not given out here."""
    try:
        content = json.loads(base64.b64decode(token, validate=True))
    except (ValueError, RecursionError):
        return None
    match content:
        case [int(issued_ms), int(), *fields] if 0 <= issued_ms <= now_ms():
            return Token(fields, issued_ms)
    return None


def now_ms() -> int:
    return round(time.time() * 1000)


def utc(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%a %b %d %H:%M:%S UTC %Y")
