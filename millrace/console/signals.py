"""Signals that end a command: Ctrl-C, `kill`, a terminal that was closed."""

import signal
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
Handler = Callable[[int, FrameType | None], object]


@contextmanager
def handled(numbers: Iterable[int], handler: Handler) -> Iterator[None]:
    """Within the block `handler` gets these signals; those that are ignored (nohup) stay so. Main thread only."""
    former = {number: signal.getsignal(number) for number in numbers}
    former = {number: kept for number, kept in former.items() if kept is not signal.SIG_IGN}
    for number in former:
        signal.signal(number, handler)
    try:
        yield
    finally:
        for number, kept in former.items():
            signal.signal(number, kept or signal.SIG_DFL)


@contextmanager
def deferred() -> Iterator[None]:
    """Signals within the block take effect at its end, when what it starts is known. Keep the block short.

    SIGUSR1 ends commands too (see `millrace.deployment.disk`). Only the main thread gets signals; elsewhere this does
    nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    try:
        with handled((*ENDING, signal.SIGUSR1), lambda number, frame: came.append(number)):
            yield
    finally:
        for number in came:
            signal.raise_signal(number)


def interrupt(number: int, frame: FrameType | None) -> None:
    """What Ctrl-C does by itself, for the other signals."""
    raise KeyboardInterrupt


def disregard(number: int, frame: FrameType | None) -> None:
    """Continue to the end. Unlike SIG_IGN it is not handed down to child processes."""


class Termination:
    """A handler that passes a termination on to a child process, also one that came before the child started."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._came = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self._came = True
        if self._process is not None:
            self._process.terminate()

    def forward_to(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        if self._came:
            process.terminate()
