"""The ASGI application: access, body, parse, score, reply. https://asgi.readthedocs.io/en/latest/specs/www.html"""

from __future__ import annotations

import logging
import time
from urllib.parse import parse_qsl

from http_api import errors
from http_api.application import LIVE, PING, READY, secured
from http_api.errors import RequestRefused
from http_api.messages import ANONYMOUS, HttpRequest, HttpResponse
from http_api.parsed import ParsedRequest
from scorer.server import access

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping
    from typing import Any

    from http_api.application import Application
    from scorer.server.batcher import Batcher
    from scorer.server.keeper import ReleaseKeeper
    from scorer.server.metrics import ServerMetrics
    from scorer.server.settings import ServerSettings

    Message = MutableMapping[str, Any]
    Receive = Callable[[], Awaitable[Message]]
    Send = Callable[[Message], Awaitable[None]]

LOG = logging.getLogger(__name__)

METRICS = "/metrics"
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
# Served without a key: what load balancers, SageMaker and Prometheus ask; and the page, where the settings publish it.
OPEN = frozenset({PING, LIVE, READY, METRICS, "/", "/openapi.json", "/page.js", "/page.css"})
NOT_READY = frozenset({PING, READY})
CLOSE = (b"connection", b"close")
# Largest bodies that are being read at a time, of those that come in parts: what a task's memory has room for.
MOST_BODIES = 64


class Gone(Exception):
    """The client closed the connection before its request was complete."""


class HeaderBytes(dict[tuple[tuple[str, str], ...], list[tuple[bytes, bytes]]]):
    """Headers as they are sent, kept: most responses have the same ones."""

    MOST = 100

    def __missing__(self, items: tuple[tuple[str, str], ...]) -> list[tuple[bytes, bytes]]:
        if len(self) >= self.MOST:
            self.clear()
        self[items] = found = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in items]
        return found


class ServerApp:
    """tasks, connections : the number of requests, and of connections, at this moment, this one included.

    max_body : bytes.
    """

    def __init__(
        self,
        application: Application,
        keeper: ReleaseKeeper,
        batcher: Batcher,
        metrics: ServerMetrics,
        settings: ServerSettings,
        max_body: int,
        tasks: Callable[[], int],
        connections: Callable[[], int],
    ) -> None:
        self._application, self._keeper, self._batcher, self._metrics = application, keeper, batcher, metrics
        self._settings, self._max_body, self._tasks = settings, max_body, tasks
        self._connections, self._held = connections, 0
        self._headers = HeaderBytes()
        self.draining = False

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request, always with a response, unless its client is gone."""
        began = time.perf_counter()
        close = False
        try:
            response = await self._respond(scope, receive, began)
        except Gone:
            return
        except RequestRefused as refused:
            response, close = secured(refused.response()), True  # its body may not have been read
        except Exception as error:
            LOG.error("request failed: %s", type(error).__name__, exc_info=error)
            response, close = secured(errors.failed()), True
        await self._send(response, send, close=close or self.draining)
        self._metrics.answered_one(response.status, time.perf_counter() - began)

    async def _respond(self, scope: Message, receive: Receive, began: float) -> HttpResponse:
        """Raises RequestRefused, Gone."""
        if self._connections() > self._settings.max_connections:
            raise RequestRefused(503, "TOO_MANY_CONNECTIONS", "too many connections; try again", headers=errors.RETRY)
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        path: str = scope["path"]
        caller = ANONYMOUS if path in OPEN else access.caller(headers, self._settings.key_names)
        if path == METRICS and self._settings.metrics_route:
            return secured(HttpResponse(200, {"content-type": METRICS_TYPE}, self._metrics.text()))
        if self.draining and path in NOT_READY:
            return secured(errors.unavailable("the server is being stopped"))
        if self._tasks() > self._settings.max_requests and path not in OPEN:
            return secured(errors.busy())
        body = b"" if path in OPEN else await self._body(headers, receive, began)
        text: bytes = scope["query_string"]
        query = dict(parse_qsl(text.decode("latin-1"), keep_blank_values=True)) if text else {}
        request = HttpRequest(scope["method"], path, query, headers, body, caller)
        serving = self._keeper.current
        found = self._application.parse(request, serving)
        if isinstance(found, ParsedRequest) and serving is not None:
            return await self._batcher.respond(serving, found, alone=self._tasks() <= 1)
        assert isinstance(found, HttpResponse)  # noqa: S101 - for the type checker
        return found

    async def _body(self, headers: dict[str, str], receive: Receive, began: float) -> bytes:
        """Raises RequestRefused, Gone."""
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > self._max_body:
            raise self._too_large()
        message = await receive()
        if not message.get("more_body", False):
            return self._part(message)
        held = 0
        parts = []
        try:
            while True:
                parts.append(self._part(message))
                held += len(parts[-1])
                self._held += len(parts[-1])
                self._limited(held, began)
                if not message.get("more_body", False):
                    return b"".join(parts)
                message = await receive()  # PatientProtocol ends the wait for a part that does not come
        finally:
            self._held -= held

    def _limited(self, held: int, began: float) -> None:
        """Raises RequestRefused. held : bytes of this body. began : by time.perf_counter."""
        seconds = self._settings.body_seconds
        if held > self._max_body:
            raise self._too_large()
        if self._held > MOST_BODIES * self._max_body:
            raise RequestRefused(429, "TOO_MANY_REQUESTS", "too many large bodies; try again", headers=errors.RETRY)
        if time.perf_counter() - began > seconds:
            raise RequestRefused(408, "BODY_TIMEOUT", f"expected the whole body within {seconds} s")

    def _part(self, message: Message) -> bytes:
        if message["type"] == "http.disconnect":
            raise Gone
        part: bytes = message.get("body", b"")
        return part

    def _too_large(self) -> RequestRefused:
        return RequestRefused(413, "TOO_LARGE", f"expected a body of up to {self._max_body} bytes")

    async def _send(self, response: HttpResponse, send: Send, *, close: bool) -> None:
        headers = [*self._headers[tuple(response.headers.items())], (b"content-length", b"%d" % len(response.body))]
        if close:
            headers.append(CLOSE)
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})
