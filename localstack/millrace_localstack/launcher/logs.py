"""Reading the log: its end, and on as it grows."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path


def tail(path: Path, lines: int) -> str:
    try:
        with path.open(encoding="utf-8", errors="replace") as log:
            return "\n".join(log.read().splitlines()[-lines:]) if lines > 0 else ""
    except FileNotFoundError:
        return ""


def follow(path: Path, running: Callable[[], bool], interval: float = 0.2) -> Iterator[str]:
    """The log as it grows, until `running` says no and all has been read."""
    with path.open(encoding="utf-8", errors="replace") as log:
        while True:
            alive = running()  # asked before reading, so that the last words are not lost
            if text := log.read():
                yield text
            elif not alive:
                return
            else:
                time.sleep(interval)
