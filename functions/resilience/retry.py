"""Attempts, with pauses in between, for as long as a deadline allows."""

from __future__ import annotations

import time

from records.values import Value
from resilience.backoff import full_jitter, uniform

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from resilience.deadline import Deadline


class Retry(Value):
    """Attempts with random pauses of up to min(`cap`, `base` × 2ⁿ) seconds, while the deadline allows a call."""

    base: float = 0.05
    cap: float = 2.0
    random: Callable[[], float] = uniform
    sleep: Callable[[float], None] = time.sleep

    def attempts(self, deadline: Deadline) -> Iterator[int]:
        """Yield 0, 1, 2, … with pauses in between, until another call could not end before the deadline."""
        attempt = 0
        while deadline.allows_call():
            yield attempt
            pause = full_jitter(attempt, self.base, self.cap, self.random)
            if not deadline.allows_call(after=pause):
                return
            self.sleep(pause)
            attempt += 1
