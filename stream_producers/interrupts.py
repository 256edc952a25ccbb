"""Ctrl-C, put off over steps that must not be left half done."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uninterrupted() -> Iterator[None]:
    """SIGINT within the block takes its effect at the end of it. Keep the block short.

    Only the main thread is ever interrupted; elsewhere this does nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    noted = list[int]()
    former = signal.signal(signal.SIGINT, lambda number, frame: noted.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, former or signal.default_int_handler)
        if noted:
            signal.raise_signal(signal.SIGINT)
