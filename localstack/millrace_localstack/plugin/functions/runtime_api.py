"""The Lambda Runtime API (2018-06-01) for one process, on a loopback port of its own. Standard library only.

What the process says is put on `reports`: Started once, at its first request for an invocation; InitFailed;
Answered for each invocation. Who starts the process may add Exited to the same queue.
"""

import threading
import time
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import SimpleQueue
from typing import Any, cast

PREFIX = "/2018-06-01/runtime/"
ACCEPTED = b'{"status":"OK"}'


@dataclass(frozen=True)
class Invocation:
    """`payload` is JSON; `deadline` is Unix time in seconds."""

    request_id: str
    function_arn: str
    payload: bytes
    trace_id: str
    deadline: float

    def headers(self) -> dict[str, str]:
        return {
            "Content-Type": "application/json",
            "Lambda-Runtime-Aws-Request-Id": self.request_id,
            "Lambda-Runtime-Invoked-Function-Arn": self.function_arn,
            "Lambda-Runtime-Deadline-Ms": str(int(self.deadline * 1000)),
            "Lambda-Runtime-Trace-Id": self.trace_id,
        }


@dataclass(frozen=True)
class Started:
    at: float


@dataclass(frozen=True)
class InitFailed:
    body: bytes


@dataclass(frozen=True)
class Answered:
    request_id: str
    body: bytes
    is_error: bool


@dataclass(frozen=True)
class Exited:
    """`status` as subprocess gives it: negative is the signal."""

    status: int


Report = Started | InitFailed | Answered | Exited


class RuntimeApi:
    def __init__(self) -> None:
        self.reports: SimpleQueue[Report] = SimpleQueue()
        self._invocations: SimpleQueue[Invocation | None] = SimpleQueue()
        self._current: Invocation | None = None
        self._started = False
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.api = self
        thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_port}"

    def submit(self, invocation: Invocation) -> None:
        """Hand the invocation to the process: one at a time, the next after its report."""
        self._current = invocation
        self._invocations.put(invocation)

    def close(self) -> None:
        self._invocations.put(None)
        self._server.shutdown()
        self._server.server_close()

    # What the handler calls, on its own thread.

    def next_invocation(self) -> Invocation | None:
        if not self._started:
            self._started = True
            self.reports.put(Started(time.monotonic()))
        return self._invocations.get()

    def init_failed(self, body: bytes) -> None:
        self.reports.put(InitFailed(body))

    def answered(self, request_id: str, body: bytes, is_error: bool) -> bool:
        """False if that is not the invocation that the process works on."""
        if self._current is None or self._current.request_id != request_id:
            return False
        self._current = None
        self.reports.put(Answered(request_id, body, is_error))
        return True


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    api: RuntimeApi


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one segment an answer, not one a header

    def do_GET(self) -> None:
        if self.path != f"{PREFIX}invocation/next":
            return self._answer(HTTPStatus.NOT_FOUND)
        invocation = self._api.next_invocation()
        if invocation is None:  # closed
            self.close_connection = True
            return None
        return self._answer(HTTPStatus.OK, invocation.payload, invocation.headers())

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path == f"{PREFIX}init/error":
            self._api.init_failed(body)
            return self._answer(HTTPStatus.ACCEPTED, ACCEPTED)
        match self.path.removeprefix(PREFIX).split("/"):
            case ["invocation", request_id, "response" | "error" as outcome]:
                known = self._api.answered(request_id, body, outcome == "error")
                return self._answer(HTTPStatus.ACCEPTED if known else HTTPStatus.BAD_REQUEST, ACCEPTED)
            case _:
                return self._answer(HTTPStatus.NOT_FOUND)

    @property
    def _api(self) -> RuntimeApi:
        return cast(_Server, self.server).api

    def _answer(self, status: HTTPStatus, body: bytes = b"", headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        pass  # every invocation would be a line in LocalStack's log
