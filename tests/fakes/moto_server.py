"""moto behind a socket: for clients that speak HTTP by themselves, where moto replaces those of Python's libraries.

moto's own server needs a web framework more. Inside of `mock_aws`, moto answers what the library `requests` asks, so
each request is passed on with that.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import requests

from tests.fakes.in_thread import LoopbackServer, in_thread

_TIMEOUT_SECONDS = 30


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def _pass_on(self) -> None:
        # The scope of the signature tells whom the request is for: Credential=<key>/<day>/<region>/<service>/…
        region, service = self.headers["authorization"].split("/")[2:4]
        headers = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        url = f"https://{service}.{region}.amazonaws.com{self.path}"
        asked = {"headers": headers, "data": body, "timeout": _TIMEOUT_SECONDS, "stream": True}
        answer = requests.request(self.command, url, **asked)
        # moto sends a body where HTTP has none, which `requests` refuses to read.
        content = b"" if self.command == "HEAD" or answer.status_code == 304 else answer.content
        self.send_response(answer.status_code)
        for name, value in answer.headers.items():
            if name.lower() not in ("content-length", "transfer-encoding", "connection", "date", "server"):
                self.send_header(name, value)
        length = answer.headers.get("content-length", "0") if self.command == "HEAD" else str(len(content))
        self.send_header("content-length", length)
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_HEAD = do_POST = do_PUT = _pass_on  # noqa: N815 - the base class's names

    def log_message(self, *_: object) -> None:
        """Nothing: tests look at what the project logs."""


@contextmanager
def moto_server() -> Iterator[str]:
    """The URL of a server that passes all requests on to moto, which must be active."""
    with in_thread(LoopbackServer(_Handler)) as url:
        yield url
    gc.collect()  # a client that is left in a cycle warns of its open sockets now, and not in some later test
