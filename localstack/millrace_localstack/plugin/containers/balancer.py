"""HAProxy in the place of an application load balancer: TLS, the listener's rules, and a slot for each task.

Tasks are put into slots and taken out by its control socket, so that no deployment restarts it. A request that a task
did not answer, because it is gone, is sent to another one: predictions have no effects. (AWS answers it with 502.)
"""

import csv
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from millrace_localstack.plugin.containers.desired import ListenerRule, WantedService

SLOTS = 24
READY, DRAIN, MAINTENANCE = "ready", "drain", "maint"
START_SECONDS = 10


class Balancer:
    """url : where clients reach it. network : the first three bytes of the tasks' addresses."""

    def __init__(self, wanted: WantedService, certificate: str, network: str, folder: Path) -> None:
        """certificate : PEM, with its chain and key."""
        folder.mkdir(parents=True, exist_ok=True)
        with socket.socket() as found:
            found.bind(("127.0.0.1", 0))
            port = found.getsockname()[1]
        self.url = f"https://127.0.0.1:{port}"
        self._network, self._control = network, folder / "control"
        pem, configuration = folder / "certificate.pem", folder / "haproxy.cfg"
        pem.touch(mode=0o600)
        pem.write_text(certificate)
        configuration.write_text(_configuration(wanted, port, pem, self._control, network))
        with (folder / "haproxy.log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own command line
                [shutil.which("haproxy") or "haproxy", "-db", "-f", configuration], stdout=log, stderr=log
            )
        end = time.monotonic() + START_SECONDS
        while not self._control.exists():
            if self._process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"HAProxy does not start: see {folder / 'haproxy.log'}")
            time.sleep(0.02)

    def address(self, slot: int) -> str:
        return f"{self._network}.{slot}"

    def set_state(self, slot: int, state: str) -> None:
        self._ask(f"set server tasks/task{slot} state {state}")

    def requests(self) -> int:
        """The number of requests that tasks have answered so far."""
        rows = csv.DictReader(self._ask("show stat").lstrip("# ").splitlines())
        return next(
            (int(row["hrsp_2xx"] or 0) for row in rows if row["pxname"] == "tasks" and row["svname"] == "BACKEND"), 0
        )

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(10)

    def _ask(self, command: str) -> str:
        with socket.socket(socket.AF_UNIX) as control:
            control.settimeout(5)
            control.connect(str(self._control))
            control.sendall(f"{command}\n".encode())
            parts = []
            while part := control.recv(65536):
                parts.append(part)
        return b"".join(parts).decode()


def _configuration(wanted: WantedService, port: int, pem: Path, control: Path, network: str) -> str:
    slots = [f"  server task{slot} {network}.{slot}:{wanted.port} disabled" for slot in range(1, SLOTS + 1)]
    lines = [
        "global",
        f"  stats socket {control} mode 600 level admin",
        "  maxconn 4000",
        "  ssl-default-bind-options ssl-min-ver TLSv1.2",
        "defaults",
        "  mode http",
        "  timeout connect 2s",
        "  timeout client 60s",
        "  timeout server 60s",
        # Without it a check must be answered within its interval, which a busy machine does not promise.
        "  timeout check 5s",
        "frontend balancer",
        f"  bind 127.0.0.1:{port} ssl crt {pem}",
        "  option http-buffer-request",
        *_rules(wanted.rules),
        "backend tasks",
        "  balance leastconn",
        # A response is passed on as a whole: one that ends with its task is not begun.
        "  http-response wait-for-body time 30s",
        "  option redispatch 1",
        "  retries 4",
        "  retry-on all-retryable-errors",
        f"  option httpchk GET {wanted.health_path}",
        "  default-server check inter 500ms fall 2 rise 1",
        *slots,
    ]
    return "\n".join(lines) + "\n"


def _rules(rules: Sequence[ListenerRule]) -> list[str]:
    """The listener's rules. HAProxy answers before it chooses a backend: so none that comes before may match."""
    lines, before = [], ""
    for number, rule in enumerate(rules):
        lines += _patterns(number, rule)
        condition = (f" rule{number}" if rule.paths else "") + before
        action = "use_backend tasks" if rule.status is None else f"http-request return status {rule.status}"
        lines.append(f"  {action} if{condition}" if condition else f"  {action}")
        before += f" !rule{number}"
    # HAProxy wants `http-request` rules first.
    return sorted(lines, key=lambda line: ("use_backend" in line, "http-request" in line))


def _patterns(number: int, rule: ListenerRule) -> list[str]:
    """The rule's condition. Path patterns with `*` are those of ALB."""
    exact = [path for path in rule.paths if "*" not in path]
    others = [f"-m beg {path[:-1]}" for path in rule.paths if path.endswith("*")]
    others += [f"-m end {path.rpartition('*')[2]}" for path in rule.paths if not path.endswith("*") and "*" in path]
    return [f"  acl rule{number} path {match}" for match in ([" ".join(exact)] if exact else []) + others]
