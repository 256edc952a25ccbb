"""What event source mappings do, as cases that any implementation of them can be held to.

`STREAM_CASES` and `QUEUE_CASES` are data: a function, settings, and what must come of them. `on_simulator` runs a case
here; for an emulator, or for AWS, deploy `case.function` and compare.
"""

from .cases import (
    ABSENT,
    EXCEPTION,
    QUEUE_CASES,
    REPORTED,
    STREAM_CASES,
    Failure,
    QueueCase,
    QueueObserved,
    StreamCase,
    StreamObserved,
    failure,
)
from .simulated import queue_on_simulator, stream_on_simulator

__all__ = [
    "ABSENT", "EXCEPTION", "QUEUE_CASES", "REPORTED", "STREAM_CASES", "Failure", "QueueCase", "QueueObserved",
    "StreamCase", "StreamObserved", "failure", "queue_on_simulator", "stream_on_simulator",
]  # fmt: skip
