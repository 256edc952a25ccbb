"""What goes wrong with bytes and connections, and how often."""

from dataclasses import dataclass, fields
from random import Random
from typing import Literal

type WireFailure = Literal[
    "truncated", "miscounted", "contradictory", "error_body", "reset_before", "reset_after", "slow_body",
    "half_closed", "stray",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class WireFaults:
    """Shares (0 to 1) of the requests that end in each way, of those that no API fault struck. Together at most 1.

    truncated: took effect; the connection ends in the middle of the answer.
    miscounted: took effect; Content-Length promises more than comes, and the connection stays open.
    contradictory: the answer has status 200 and contradicts itself: see each service.
    error_body: nothing took effect; the answer has status 200 and the body of an error.
    reset_before, reset_after: the connection is reset instead of an answer, before or after the request took effect.
    slow_body: took effect; the body comes in pieces over `slow_seconds` (from, to).
    half_closed: after the answer the server closes the idle connection; half of the time the client does not see it.
    stray: after the answer its copy arrives on the idle connection.

    unreachable: share of the connections that are refused.
    """

    truncated: float = 0.0
    miscounted: float = 0.0
    contradictory: float = 0.0
    error_body: float = 0.0
    reset_before: float = 0.0
    reset_after: float = 0.0
    slow_body: float = 0.0
    half_closed: float = 0.0
    stray: float = 0.0
    unreachable: float = 0.0
    slow_seconds: tuple[float, float] = (0.2, 1.5)

    def failure(self, random: Random) -> WireFailure | None:
        """What becomes of a request."""
        if self == _NONE:
            return None
        left = random.random()
        for name in _SHARES:
            left -= getattr(self, name)
            if left < 0:
                return name  # type: ignore[return-value]  # the names are the members'
        return None


_SHARES = tuple(field.name for field in fields(WireFaults) if field.name not in ("unreachable", "slow_seconds"))
_NONE = WireFaults()
