"""Room on the disks that the local stack writes to.

On a full disk LocalStack does not fail: it does not answer, Terraform repeats its calls, and nothing is printed.
"""

import shutil
import signal
import tempfile
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from millrace.console import signals
from millrace.errors import UserError

# What a stack with its package, state and logs takes, with room for a run.
NEEDED_BYTES = 200_000_000
# Less is full: the next log line may not fit.
FULL_BYTES = 4_000_000
POLL_SECONDS = 1.0


class DiskFull(UserError):
    """A disk has no room left; names a path on it."""


def check(places: Iterable[Path], needed: int = NEEDED_BYTES) -> None:
    """Raises DiskFull for the first place, or the folder above it that is there, with less than `needed` bytes."""
    for place in places:
        there = next(folder for folder in (place, *place.absolute().parents) if folder.exists())
        free = shutil.disk_usage(there).free
        if free < needed:
            raise DiskFull(
                f"expected {_megabytes(needed)} of free disk space, got {_megabytes(free)} ({place}): "
                "the disk is full there; remove files, then run it again"
            )


def places(*more: Path) -> list[Path]:
    """Where the local stack and this program write: these folders, and the one for temporary files."""
    return [*more, Path(tempfile.gettempdir())]


@contextmanager
def watched(places: Iterable[Path]) -> Iterator[None]:
    """Within the block, a disk that fills up ends what runs: DiskFull is raised in it. Main thread only."""
    watched, found, done = list(places), list[DiskFull](), threading.Event()
    main = threading.main_thread().ident or 0

    def watch() -> None:
        while not done.wait(POLL_SECONDS):
            try:
                check(watched, FULL_BYTES)
            except DiskFull as full:
                found.append(full)
                signal.pthread_kill(main, signal.SIGUSR1)  # wakes the main thread where it waits for Terraform
                return

    def end(number: int, frame: FrameType | None) -> None:
        if found and not done.is_set():
            raise found[0]

    watcher = threading.Thread(target=watch, name="disk watcher", daemon=True)
    with signals.handled((signal.SIGUSR1,), end):
        watcher.start()
        try:
            yield
        finally:
            done.set()
            watcher.join()


def _megabytes(number: int) -> str:
    return f"{number / 1e6:,.0f} MB"
