"""The time that an invocation has left, and whether another call can begin."""

from __future__ import annotations

import time

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# The clients' timeouts. Terraform keeps the function's timeout well above their sum.
CONNECT_SECONDS = 1
READ_SECONDS = 3
# Time to respond to the event source after the last call.
RESERVE_SECONDS = 0.5
# The time that a call needs if it times out.
CALL_SECONDS = CONNECT_SECONDS + READ_SECONDS + RESERVE_SECONDS


class Deadline:
    """The end of an invocation; `remaining` returns the seconds until then."""

    def __init__(self, remaining: Callable[[], float]) -> None:
        self.remaining = remaining

    @classmethod
    def after(cls, seconds: float, clock: Callable[[], float] = time.monotonic) -> Deadline:
        end = clock() + seconds
        return cls(lambda: end - clock())

    def spare(self) -> float:
        """The seconds during which a call can still begin; negative: no call can begin."""
        return self.remaining() - CALL_SECONDS

    def allows_call(self, after: float = 0.0) -> bool:
        """Whether a call that begins in `after` seconds ends before the deadline even if it times out."""
        return self.spare() > after
