"""Full jitter: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


def full_jitter(attempt: int, base: float, cap: float, random: Callable[[], float]) -> float:
    """Seconds to wait after attempt 0, 1, 2, …: a random share of `base` × 2ⁿ seconds, up to `cap`."""
    return random() * min(cap, base * 2.0 ** min(attempt, 64))
