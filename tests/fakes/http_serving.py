"""A small HTTP server in front of an endpoint, for clients as they are: one thread a connection, requests in turn."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qsl, unquote, urlsplit

from http_api.messages import HttpRequest
from tests.fakes.http_endpoint import FakeEndpoint
from tests.fakes.in_thread import LoopbackServer, in_thread


@contextmanager
def serving(endpoint: FakeEndpoint, *, key: str = "", stage: str = "") -> Iterator[str]:
    """The URL under which the endpoint is served. key : the value that x-api-key must have, if any.

    stage : what its paths begin with, as API Gateway's do, such as `/live`.
    """
    turn = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            parts = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            query = dict(parse_qsl(parts.query, keep_blank_values=True))
            if key and headers.get("x-api-key") != key and self.command == "POST":
                self.reply(403, {"content-type": "application/json"}, b'{"message":"Forbidden"}')
                return
            with turn:
                path = unquote(parts.path).removeprefix(stage) or "/"
                request = HttpRequest(self.command, path, query, headers, body, address=parts.path)
                (response,) = endpoint.service.respond([request], endpoint.clock.deadline(60.0))
                endpoint.metrics.write("request", "1")
            self.reply(response.status, dict(response.headers), response.body)

        def reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = do_TRACE = do_QUERY = answer  # noqa: N815

    with in_thread(LoopbackServer(Handler)) as url:
        yield f"{url}{stage}"
