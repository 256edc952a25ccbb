"""One process that runs a function, in a session of its own."""

import contextlib
import os
import signal
import subprocess
import threading
import time
import weakref
from pathlib import Path
from queue import Empty
from typing import ClassVar

from millrace_localstack.plugin.functions.runtime_api import Exited, Invocation, Report, RuntimeApi


class FunctionProcess:
    """Started at once; its output goes to the end of `output`.

    Its standard input is a pipe that nothing is ever written to: it closes when this program ends, even if that is
    killed, and by that the process knows that it must end too.
    """

    _all: ClassVar[weakref.WeakSet["FunctionProcess"]] = weakref.WeakSet()

    @classmethod
    def living(cls) -> list["FunctionProcess"]:
        return [process for process in list(cls._all) if process.alive()]

    def __init__(self, command: list[str], environment: dict[str, str], folder: Path, output: Path) -> None:
        self.began = time.monotonic()
        self._api = RuntimeApi()
        with output.open("ab") as stream:
            self._process = subprocess.Popen(  # noqa: S603 - our own command line
                command,
                cwd=folder,
                env={**environment, "AWS_LAMBDA_RUNTIME_API": self._api.address},
                stdin=subprocess.PIPE,
                stdout=stream,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._all.add(self)
        threading.Thread(target=self._report_exit, daemon=True).start()

    @property
    def pid(self) -> int:
        return self._process.pid

    def alive(self) -> bool:
        return self._process.poll() is None

    def report(self, seconds: float) -> Report | None:
        """What the process says next; None if it says nothing within `seconds`."""
        try:
            return self._api.reports.get(timeout=max(seconds, 0))
        except Empty:
            return None

    def submit(self, invocation: Invocation) -> None:
        self._api.submit(invocation)

    def kill(self) -> None:
        """End the process and everything that it started."""
        self._kill_group()
        self._process.wait()
        self._api.close()

    def _report_exit(self) -> None:
        status = self._process.wait()
        self._kill_group()  # what it left behind
        if self._process.stdin:
            self._process.stdin.close()
        self._api.reports.put(Exited(status))

    def _kill_group(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
