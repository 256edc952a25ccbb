"""A proxy between the scorer and AWS that forwards every call, and can answer some with a fault instead."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from tests.fakes.in_thread import LoopbackServer

JSON = ("Content-Type", "application/x-amz-json-1.1")


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    body: bytes = b"{}"
    headers: tuple[tuple[str, str], ...] = (JSON,)


# In the place of a response: the connection ends, as where an answer is lost on its way.
NO_ANSWER = Response(0)


@dataclass(frozen=True, slots=True)
class Request:
    """`operation` is the last part of X-Amz-Target for a JSON service ("PutRecords"), the Action of a form
    ("PublishBatch"), else the HTTP method. `forward` passes a body on to AWS, and gives the answer.
    """

    operation: str
    path: str
    agent: str
    body: bytes
    forward: Callable[[bytes], Response]


Fault = Callable[[Request], Response | None]


class FaultProxy:
    """Forwards to `upstream`. `fault(...)` is a context in which its function may answer a request itself."""

    def __init__(self) -> None:
        self.upstream = ""
        self.faults: list[Fault] = []
        self._server = LoopbackServer(_handler(self))
        self.url = self._server.url

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @contextmanager
    def fault(self, fault: Fault) -> Iterator[None]:
        self.faults.append(fault)
        try:
            yield
        finally:
            self.faults.remove(fault)

    def answer(self, request: Request) -> Response:
        answers = (response for fault in self.faults if (response := fault(request)) is not None)
        return next(answers, None) or request.forward(request.body)


def _handler(proxy: FaultProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1

        def handle_any(self) -> None:
            body = self._body()
            self._send(proxy.answer(self._request(body)))

        do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = handle_any  # noqa: N815

        def _request(self, body: bytes) -> Request:
            agent = self.headers.get("User-Agent", "")
            return Request(self._operation(body), self.path, agent, body, self._forward)

        def _body(self) -> bytes:
            if self.headers.get("Expect", "").lower() == "100-continue":
                self.wfile.flush()
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))

        def _operation(self, body: bytes) -> str:
            if target := self.headers.get("X-Amz-Target", ""):
                return target.rpartition(".")[2]
            if self.headers.get("Content-Type", "").startswith("application/x-www-form-urlencoded"):
                return parse_qs(body.decode())["Action"][0]
            return self.command

        def _forward(self, body: bytes) -> Response:
            headers = {name: value for name, value in self.headers.items() if name.lower() != "content-length"}
            connection = HTTPConnection(urlsplit(proxy.upstream).netloc, timeout=180)
            try:
                # http.client counts the body anew, where there is one.
                connection.request(self.command, self.path, body, headers)
                answer = connection.getresponse()
                return Response(answer.status, answer.read(), tuple(answer.getheaders()))
            finally:
                connection.close()

        def _send(self, response: Response) -> None:
            if response is NO_ANSWER:
                self.close_connection = True
                with suppress(OSError):  # the function may be gone
                    self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response_only(response.status)
            for name, value in response.headers:
                if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            self.send_header("Content-Length", self._length(response))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(response.body)
            self.wfile.flush()

        def _length(self, response: Response) -> str:
            """The answer to HEAD has the length of a body that does not come."""
            given = {name.lower(): value for name, value in response.headers}.get("content-length", "0")
            return given if self.command == "HEAD" else str(len(response.body))

        def log_message(self, format: str, *args: Any) -> None:
            pass

    return Handler
