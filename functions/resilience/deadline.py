"""How much of the invocation is left, and when it is too late to begin another call."""

import time
from collections.abc import Callable

# The clients' own time-outs, in seconds. Terraform keeps the function's timeout well above their sum.
CONNECT_SECONDS = 1
READ_SECONDS = 3
# Time to answer the event source after the last call.
RESERVE_SECONDS = 0.5
# What must be left when a call begins, so that it can run into its time-outs.
CALL_SECONDS = CONNECT_SECONDS + READ_SECONDS + RESERVE_SECONDS


class Deadline:
    """The end of an invocation; `remaining` gives the seconds up to it."""

    def __init__(self, remaining: Callable[[], float]) -> None:
        self.remaining = remaining

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float] = time.monotonic) -> "Deadline":
        end = clock() + seconds
        return cls(lambda: end - clock())

    def spare(self) -> float:
        """The seconds within which a call can still begin; below 0 it is too late."""
        return self.remaining() - CALL_SECONDS

    def allows_call(self, after: float = 0.0) -> bool:
        """Whether a call that begins in `after` seconds ends in time even if it runs into its time-outs."""
        return self.spare() > after
