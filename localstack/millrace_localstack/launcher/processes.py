"""Processes by id: a process's identity, and its end.

A process id alone proves nothing once the process may have ended: the system gives the number away again.
A process is therefore known by its id and the time of its start.
"""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path


def start_time(pid: int) -> str | None:
    """When the process started, in the system's own form; None if it has ended (a zombie has)."""
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # takes a child's exit status, so that it is no zombie
    if Path("/proc/self/stat").exists():
        return _start_time_from_proc(pid)
    return _start_time_from_ps(pid)


def _start_time_from_proc(pid: int) -> str | None:
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # After the command's name in brackets: the state is field 3 of proc(5), the start time field 22.
    fields = text.rpartition(")")[2].split()
    return None if fields[0] in "ZX" else fields[19]


def _start_time_from_ps(pid: int) -> str | None:
    result = subprocess.run(  # noqa: S603 - our own command line
        ["ps", "-o", "stat=,lstart=", "-p", str(pid)],  # noqa: S607 - macOS and BSD
        capture_output=True,
        text=True,
        check=False,
    )
    state, _, started = result.stdout.strip().partition(" ")
    return None if not state or state.startswith("Z") else started.strip()


def wait_until(condition: Callable[[], bool], seconds: float, interval: float = 0.05) -> bool:
    """True as soon as `condition` holds; False if it did not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(interval)
    return True


def end(pid: int, started: str, patience: float) -> bool:
    """Ask the process to end, kill it after `patience` seconds, and in any case what is left of its group.

    The process leads its group. False if it had to be killed.
    """

    def gone() -> bool:
        return start_time(pid) != started

    if gone():
        return True
    by_itself = False
    try:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        by_itself = wait_until(gone, patience)
    finally:  # also where a second Ctrl-C ends the patience
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        wait_until(gone, 5)
    return by_itself
