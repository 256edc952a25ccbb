"""How long the sources wait before they try again. AWS says that they back off, not how far."""

from random import Random


def backoff(random: Random, attempt: int, base: float = 1.0, cap: float = 60.0) -> float:
    """The pause after the `attempt`-th failure (from 1): exponential up to `cap`, of which half is at random."""
    return min(cap, base * 2.0 ** min(attempt - 1, 32)) * (0.5 + 0.5 * random.random())
