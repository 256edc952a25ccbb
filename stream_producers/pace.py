"""How fast events go, and when to end."""

import math
import threading
import time
from collections.abc import Callable


class Pace:
    """A schedule: event k is due k / rate seconds after the first, whatever the sending took, so nothing drifts.

    A target that stalls is caught up with at once afterwards: the rate is what arrives at the target on average, and
    a stall does not hide the latency it caused.

    Parameters
    ----------
    rate : events a second; None sends as fast as the target takes them
    count : events in all; None for no bound
    duration : seconds; with a rate, the events that are due within them
    clock, sleep : for tests
    """

    TICK = 0.05  # seconds: events due within one go in one call, so that a high rate does not mean tiny calls

    def __init__(
        self,
        rate: float | None = None,
        count: int | None = None,
        duration: float | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], object] | None = None,
    ) -> None:
        for name, value in (("rate", rate), ("duration", duration)):
            if value is not None and not (0 < value < math.inf):
                raise ValueError(f"expected a {name} above 0, got {value}")
        if count is not None and count < 0:
            raise ValueError(f"expected a count of 0 or more, got {count}")
        self.rate, self.duration = rate, duration
        self._stopped = threading.Event()
        self._clock, self._sleep = clock, sleep or self._stopped.wait
        self._start: float | None = None
        self._spent = 0
        self.total = _total(rate, count, duration)

    def wait(self, most: int) -> int:
        """Wait until events are due; how many may go now, from 1 to `most`, or 0 at the end."""
        now = self._clock()
        self._start = now if self._start is None else self._start
        left = most if self.total is None else min(most, self.total - self._spent)
        if left <= 0 or self._over(now):
            return 0
        if self.rate is None:
            return left
        group = min(left, max(1, int(self.rate * self.TICK)))
        last_due = self._start + (self._spent + group - 1) / self.rate
        while (now := self._clock()) < last_due and not self._stopped.is_set():
            self._sleep(last_due - now)
        if self._stopped.is_set():
            return 0
        return min(left, max(group, int((now - self._start) * self.rate) + 1 - self._spent))

    def spend(self, events: int) -> None:
        """Note how many of the events that were due were sent."""
        self._spent += events

    def stop(self) -> None:
        """End the run at its next event, from another thread; what is under way is finished."""
        self._stopped.set()

    def _over(self, now: float) -> bool:
        """Whether the duration has passed; a rate gets some grace, so that its last events are not cut off."""
        if self._stopped.is_set():
            return True
        if self.duration is None or self._start is None:
            return False
        return now - self._start >= self.duration + (2 * self.TICK if self.rate else 0)


def _total(rate: float | None, count: int | None, duration: float | None) -> int | None:
    due = math.ceil(rate * duration) if rate and duration else None
    bounds = [bound for bound in (count, due) if bound is not None]
    return min(bounds, default=None)
