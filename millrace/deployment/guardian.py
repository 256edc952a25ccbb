"""Ends Terraform, with the providers that it started, when the program that runs it is killed.

A program that is killed with SIGKILL cannot end what it started: Terraform would die at its next line of output, which
has no reader, and its provider would stay for good. So a process of its own watches. It reads from a pipe that only the
program writes to: a byte means that Terraform has ended, the end of the pipe that the program has.
"""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress


@contextmanager
def guarded(process: "subprocess.Popen[str]", patience: float) -> Iterator[None]:
    """Within the block, `process` and its process group do not outlive this program by more than `patience` seconds.

    process : the leader of its process group.
    """
    outputs = [file.fileno() for file in (process.stdout, process.stderr) if file]
    with subprocess.Popen(  # noqa: S603 - our own command line
        [sys.executable, "-IS", __file__, str(process.pid), str(patience), *map(str, outputs)],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=outputs,
        start_new_session=True,  # what ends this program's group does not end it
    ) as guardian:
        try:
            yield
        finally:
            guardian.communicate(b"\n")


def main(pid: int, patience: float, outputs: Sequence[int]) -> None:
    """The guardian: ask Terraform once to stop, read what it prints meanwhile, and kill what is left of its group."""
    if os.read(0, 1):
        return
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    readers = [threading.Thread(target=_drain, args=(output,), daemon=True) for output in outputs]
    for reader in readers:
        reader.start()
    for reader in readers:
        reader.join(patience / len(readers))
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _drain(output: int) -> None:
    while os.read(output, 65_536):
        pass


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), list(map(int, sys.argv[3:])))
