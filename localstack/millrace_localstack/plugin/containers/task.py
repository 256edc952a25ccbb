"""One task: the server in a process of its own, by bwrap where that is installed."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO
from urllib.error import URLError
from urllib.request import urlopen

STARTING, READY, DRAINING, ENDED = "starting", "ready", "draining", "ended"
# As the image has it: a user without rights, a file system that is read-only but for /tmp.
USER = 10001


class Task:
    """address : loopback, its own. definition : the task definition's ARN. slot : its place at the load balancer."""

    def __init__(self, definition: str, slot: int, address: str, port: int, stop_seconds: int) -> None:
        self.definition, self.slot, self.address, self.port = definition, slot, address, port
        self.state, self._stop_seconds, self._stop_at = STARTING, stop_seconds, 0.0
        self.was_ready = False

    def start(self, image: Mapping[str, str], environment: Mapping[str, str], log: Path) -> None:
        """image : where its `app` and `python` are."""
        inside = dict(environment) | {
            "HOST": self.address,
            "PORT": str(self.port),
            "PYTHONPATH": image["app"],
            "PYTHONDONTWRITEBYTECODE": "1",
            "PATH": "/usr/bin:/bin",
        }
        command = [image["python"], "-m", "scorer.server"]
        with log.open("ab") as file:
            if shutil.which("bwrap"):
                self._in_bwrap(command, inside, image, file)
            else:
                self._process = subprocess.Popen(  # noqa: S603 - our own command line
                    command, env=inside, stdout=file, stderr=file, cwd=image["app"]
                )
                self.pid = self._process.pid

    def _in_bwrap(
        self, command: list[str], environment: Mapping[str, str], image: Mapping[str, str], file: IO[bytes]
    ) -> None:
        read, write = os.pipe()
        # Both may be below /tmp, which the task has as its own.
        kept = [
            part for path in (image["app"], str(Path(image["python"]).parents[1])) for part in ("--ro-bind", path, path)
        ]
        options = (
            "--ro-bind / / --dev /dev --proc /proc --tmpfs /tmp --unshare-user --unshare-pid --unshare-ipc --as-pid-1 "
            f"--die-with-parent --new-session --uid {USER} --gid {USER} --cap-drop ALL --info-fd {write}"
        )
        whole = [shutil.which("bwrap") or "bwrap", *options.split(), *kept, "--", *command]
        self._process = subprocess.Popen(  # noqa: S603 - our own command line
            whole, env=environment, stdout=file, stderr=file, pass_fds=(write,)
        )
        os.close(write)
        with os.fdopen(read) as info:
            text = info.read()
        # A signal to bwrap would end the server at once: it is sent to the server itself.
        self.pid = json.loads(text)["child-pid"] if text else self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def answers(self, path: str) -> bool:
        """Whether the health check is passed."""
        try:
            with urlopen(f"http://{self.address}:{self.port}{path}", timeout=1) as response:
                return bool(response.status == 200)
        except (URLError, OSError):
            return False

    def stop(self) -> None:
        """SIGTERM; `enforce` follows with SIGKILL after the container's stop timeout."""
        self.state, self._stop_at = DRAINING, time.monotonic() + self._stop_seconds
        self.signal(signal.SIGTERM)

    def enforce(self) -> None:
        if self.state == DRAINING and time.monotonic() > self._stop_at:
            self.kill()

    def kill(self) -> None:
        self.signal(signal.SIGKILL)
        self._process.wait(10)

    def signal(self, number: int) -> None:
        if self.alive:
            os.kill(self.pid, number)

    def cpu_seconds(self) -> float:
        try:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
