"""A circuit breaker between the publisher and its sink: an unavailable sink gets few calls.

closed ──FAILURES calls in a row fail──▶ open ──a probe succeeds──▶ closed
open: one call, the probe, in each cool-down, and at least one in each invocation; a failed probe doubles the next bound

Failing at once would also spare the sink, but use up the event source's finite retries within seconds. Therefore, while
the circuit is open, callers wait for the next probe within the invocation's time: docs/adr/0012.
"""

from __future__ import annotations

import logging
import time

from resilience.backoff import full_jitter, uniform
from resilience.deadline import CALL_SECONDS, RESERVE_SECONDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from resilience.deadline import Deadline

LOG = logging.getLogger(__name__)

# The circuit opens after this many failed calls in a row.
FAILURES = 5
# The bounds of the first and of the longest cool-down.
FIRST_SECONDS = 1.0
LONGEST_SECONDS = 20.0


class CircuitBreaker:
    """One for each container, shared by its invocations. Not thread-safe.

    A cool-down is a random share (full jitter) of a bound that begins at `first` seconds and doubles up to `longest`.
    """

    def __init__(
        self,
        *,
        failures: int = FAILURES,
        first: float = FIRST_SECONDS,
        longest: float = LONGEST_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        random: Callable[[], float] = uniform,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._failures, self._first, self._longest = failures, first, longest
        self._clock, self._random, self._sleep = clock, random, sleep
        self._failed = 0  # calls in a row
        self._opened_at = self._probe_at = 0.0
        self._invocation: Deadline | None = None  # the last one that called `wait`

    @property
    def is_open(self) -> bool:
        return self._failed >= self._failures

    @property
    def last_call_failed(self) -> bool:
        """Then the publisher makes the next calls one at a time."""
        return self._failed > 0

    def wait(self, deadline: Deadline) -> bool:
        """Wait until a call may begin: while closed, at once; while open, at the next probe. False: no call may begin.

        If the invocation ends before the next probe, it probes once, as late as possible while leaving time for a call
        to the quarantine. Otherwise a function with a short timeout would use up retries without any attempt. After
        that probe, or without time for it, `wait` sleeps and returns False: the sleep delays the event source's next
        attempt.
        """
        first, self._invocation = deadline is not self._invocation, deadline
        if not self.is_open:
            return True
        pause = max(0.0, self._probe_at - self._clock())
        last_chance = deadline.spare() - CALL_SECONDS
        if not deadline.allows_call(after=pause):
            if not first or last_chance <= 0:
                self._sleep(max(0.0, deadline.spare() - RESERVE_SECONDS))
                return False
            pause = last_chance
        self._sleep(pause)
        return True

    def succeeded(self) -> None:
        """Record that the sink accepted at least one entry of a call."""
        if self.is_open:
            seconds, probes = self._clock() - self._opened_at, self._failed - self._failures + 1
            LOG.warning("prediction sink: circuit closed after %.1f s and %d probes", seconds, probes)
        self._failed = 0

    def failed(self) -> None:
        """Record that a call failed as a whole, or that the sink accepted none of its entries."""
        self._failed += 1
        if not self.is_open:
            return
        now, probes = self._clock(), self._failed - self._failures
        if probes == 0:
            self._opened_at = now
            LOG.warning("prediction sink: circuit open after %d failed calls in a row", self._failed)
        self._probe_at = now + full_jitter(probes, self._first, self._longest, self._random)
