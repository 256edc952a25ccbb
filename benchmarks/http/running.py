"""A contestant in a process of its own, with what it costs and how fast it answers."""

import os
import re
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.error import URLError
from urllib.request import Request, urlopen

import psutil

from benchmarks.http.contestants import HttpContestant
from benchmarks.paths import SCRATCH

START_SECONDS = 60
_UNITS = {"us": 1e-3, "ms": 1.0, "s": 1e3}


@dataclass(frozen=True)
class MeasuredLoad:
    """cpu : microseconds of CPU a request, of all processes of the server. p50, p99 : in milliseconds."""

    requests: int
    failed: int
    cpu: float
    p50: float
    p99: float
    per_second: float


class RunningServer:
    """server_core, load_core : where the two run, so that they do not share one."""

    def __init__(self, contestant: HttpContestant, cores: tuple[int, int]) -> None:
        self.contestant, (self._core, self._load_core) = contestant, cores

    def __enter__(self) -> Self:
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            self.port = found.getsockname()[1]
        one = self.contestant
        environment = os.environ | {name: self._filled(value) for name, value in one.environment.items()}
        command = ["taskset", "-c", str(self._core), *map(self._filled, one.command)]
        self._log = (SCRATCH / f"{re.sub(r'\W+', '-', one.name)}.log").open("w")
        process: Any = psutil.Popen
        self._process = process(command, env=environment, cwd=one.folder, stdout=self._log, stderr=subprocess.STDOUT)
        self._lua = SCRATCH / f"{self.port}.lua"
        self._lua.write_text(
            'wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\n'
            f"wrk.body = [==[{one.body.decode()}]==]\n"
        )
        try:
            self._wait()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _filled(self, text: str) -> str:
        return text.replace("{port}", str(self.port))

    def _end(self) -> None:
        if self._process.poll() is not None:
            return
        family = [self._process, *self._process.children(recursive=True)]
        self._process.terminate()
        for left in psutil.wait_procs(family, timeout=20)[1]:
            left.kill()
        self._log.close()
        self._lua.unlink()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def _wait(self) -> None:
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            try:
                with urlopen(self.url + self.contestant.ready, timeout=2):  # noqa: S310 - loopback
                    return
            except (URLError, OSError):
                if self._process.poll() is not None:
                    break
                time.sleep(0.1)
        raise RuntimeError(f"{self.contestant.name} does not serve; see {self._log.name}")

    def answer(self) -> bytes:
        """The response to one request."""
        headers = {"content-type": "application/json"}
        request = Request(self.url + self.contestant.path, self.contestant.body, headers)  # noqa: S310 - loopback
        with urlopen(request, timeout=10) as response:  # noqa: S310
            found: bytes = response.read()
            return found

    def closed_loop(self, clients: int, seconds: int) -> MeasuredLoad:
        """Each client sends its next request when it has the answer."""
        command = ["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "30s", "--latency", "-s", str(self._lua)]
        before = self._cpu()
        text = self._run([*command, self.url + self.contestant.path])
        cpu = self._cpu() - before
        count = int(_found(r"(\d+) requests in", text))
        failed = sum(map(int, re.findall(r"(?:Non-2xx or 3xx responses|connect|read|write|timeout):? (\d+)", text)))
        p50, p99 = (_milliseconds(_found(rf"(?m)^ +{share}%\s+(\S+) *$", text)) for share in (50, 99))
        return MeasuredLoad(
            count, failed, cpu / count * 1e6, p50, p99, float(_found(r"Requests/sec:\s+([\d.]+)", text))
        )

    def at_rate(self, per_second: float, clients: int, seconds: int, body: Path) -> MeasuredLoad:
        """The same load for each contestant: `clients` send `per_second` requests together."""
        body.write_bytes(self.contestant.body)
        command = ["hey", "-z", f"{seconds}s", "-c", str(clients), "-q", f"{per_second / clients:.3f}", "-m", "POST"]
        before = self._cpu()
        text = self._run([*command, "-T", "application/json", "-D", str(body), self.url + self.contestant.path])
        cpu = self._cpu() - before
        statuses = {int(status): int(count) for status, count in re.findall(r"\[(\d{3})\]\s+(\d+) responses", text)}
        count, good = sum(statuses.values()), statuses.get(200, 0)
        p50, p99 = (float(_found(rf"(?m)^ +{share}%+ in ([\d.]+) secs", text)) * 1000 for share in (50, 99))
        return MeasuredLoad(
            count, count - good, cpu / count * 1e6, p50, p99, float(_found(r"Requests/sec:\s+([\d.]+)", text))
        )

    def _run(self, command: list[str]) -> str:
        pinned = ["taskset", "-c", str(self._load_core), *command]
        return subprocess.run(pinned, capture_output=True, text=True, check=True, timeout=120).stdout  # noqa: S603

    def _cpu(self) -> float:
        """Seconds of CPU of the server's processes."""
        found = 0.0
        for process in (self._process, *self._process.children(recursive=True)):
            times = process.cpu_times()
            found += times.user + times.system
        return found


def _found(pattern: str, text: str) -> str:
    match = re.search(pattern, text)
    if match is None:
        raise RuntimeError(f"expected {pattern} in what the load generator printed, got:\n{text}")
    return match[1]


def _milliseconds(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()  # type: ignore[union-attr]  # wrk's form
    return float(number) * _UNITS[unit]
