"""Waiting for what another thread or process does."""

import time
from collections.abc import Callable


def wait_for(condition: Callable[[], object], seconds: float = 20.0) -> None:
    """Poll until the condition holds; fails at the deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"waited {seconds} s in vain"
        time.sleep(0.01)


def look_until_true[T](look: Callable[[], T], seconds: float) -> T:
    """What `look` gives as soon as it is true, asked less often as time goes by; what it gave last if it never was."""
    began = time.monotonic()
    while True:
        found, waited = look(), time.monotonic() - began
        if found or waited > seconds:
            return found
        time.sleep(min(0.05 + waited / 20, 0.5))
