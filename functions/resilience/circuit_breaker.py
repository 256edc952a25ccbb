"""A circuit between the publisher and its sink: a dead sink is asked seldom, and no invocation fails in haste.

closed ──FAILURES calls in a row fail──▶ open ──a probe succeeds──▶ closed
open: one call, the probe, for each cool-down, and at least one an invocation; each that fails doubles the next bound

Failing at once would spare the sink as well, and use up the event source's finite retries within seconds. So whoever
wants to call while it is open waits for the next probe, inside the invocation's time: docs/adr/0012.
"""

from __future__ import annotations

import logging
import random
import time

from resilience.backoff import full_jitter
from resilience.deadline import CALL_SECONDS, RESERVE_SECONDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from resilience.deadline import Deadline

LOG = logging.getLogger(__name__)

# Calls that fail one after the other until the circuit opens.
FAILURES = 5
# Bounds of the first and of the longest cool-down, in seconds.
FIRST_SECONDS = 1.0
LONGEST_SECONDS = 20.0


class CircuitBreaker:
    """One for each container, shared by its invocations; it serves one thread.

    A cool-down is a random share (full jitter) of a bound that begins at `first` seconds and doubles up to `longest`.
    """

    def __init__(
        self,
        *,
        failures: int = FAILURES,
        first: float = FIRST_SECONDS,
        longest: float = LONGEST_SECONDS,
        clock: Callable[[], float] = time.monotonic,
        random: Callable[[], float] = random.random,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._failures, self._first, self._longest = failures, first, longest
        self._clock, self._random, self._sleep = clock, random, sleep
        self._failed = 0  # calls in a row
        self._opened_at = self._probe_at = 0.0
        self._invocation: Deadline | None = None  # the one that asked last

    @property
    def is_open(self) -> bool:
        return self._failed >= self._failures

    @property
    def troubled(self) -> bool:
        """Whether the last call failed: then the next ones are made one by one."""
        return self._failed > 0

    def wait(self, deadline: Deadline) -> bool:
        """Wait until a call may begin: not at all while closed, else for the next probe.

        An invocation that ends before that probes once, as late as leaves a call for the quarantine: else a function
        with a short time-out would use up retries without a try. After that, and where there is no time for it, False;
        the time is spent waiting all the same, so that the next attempt of the event source does not come at once.
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
        """The sink took at least one entry of a call."""
        if self.is_open:
            seconds, probes = self._clock() - self._opened_at, self._failed - self._failures + 1
            LOG.warning("prediction sink: circuit closed after %.1f s and %d probes", seconds, probes)
        self._failed = 0

    def failed(self) -> None:
        """A call failed as a whole, or the sink took none of its entries."""
        self._failed += 1
        if not self.is_open:
            return
        now, probes = self._clock(), self._failed - self._failures
        if probes == 0:
            self._opened_at = now
            LOG.warning("prediction sink: circuit open after %d failed calls in a row", self._failed)
        self._probe_at = now + full_jitter(probes, self._first, self._longest, self._random)
