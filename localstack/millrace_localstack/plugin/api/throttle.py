"""Token buckets and quotas. Knows nothing of LocalStack.

https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-request-throttling.html
"""

import threading
import time
from collections.abc import Callable, Hashable
from datetime import UTC, datetime

PERIODS: dict[str, Callable[[datetime], tuple[int, ...]]] = {
    "DAY": lambda now: (now.year, now.month, now.day),
    "WEEK": lambda now: now.isocalendar()[:2],
    "MONTH": lambda now: (now.year, now.month),
}


class Throttles:
    """A bucket for each name: `burst` requests at once, refilled at `rate` a second."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._buckets: dict[Hashable, tuple[float, float]] = {}  # tokens, and when they were counted

    def takes(self, name: Hashable, rate: float, burst: float) -> bool:
        """Whether one more request is within the limits; it is counted then."""
        with self._lock:
            now = self._clock()
            tokens, at = self._buckets.get(name, (burst, now))
            tokens = min(burst, tokens + (now - at) * rate)
            taken = tokens >= 1
            self._buckets[name] = (tokens - 1 if taken else tokens, now)
            return taken


class Quotas:
    """A count for each name and calendar period, in UTC."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._counts: dict[Hashable, tuple[tuple[int, ...], int]] = {}

    def takes(self, name: Hashable, limit: int, period: str) -> bool:
        with self._lock:
            now = PERIODS[period](self._clock())
            at, count = self._counts.get(name, (now, 0))
            count = count if at == now else 0
            if count >= limit:
                return False
            self._counts[name] = (now, count + 1)
            return True
