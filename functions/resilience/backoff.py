"""Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def full_jitter(attempt: int, base: float, cap: float, random: Callable[[], float]) -> float:
    """Seconds to wait after attempt 0, 1, 2, …: a random share of `base` × 2ⁿ seconds, up to `cap`."""
    return random() * min(cap, base * 2.0 ** min(attempt, 64))


def uniform() -> float:
    """A number in [0, 1) of the operating system's.

    With SnapStart every container begins with the same state of Python's `random`: all would wait equally long after a
    throttle. And importing that takes a millisecond of a cold start.
    """
    return (int.from_bytes(os.urandom(7)) >> 3) * 2.0**-53
