"""uvicorn's protocol, with clients that do not send what they began to send, and errors as problem details.

uvicorn itself waits without an end for the first byte, the rest of a head, and a body of which nothing came, and sets
a timer for each response. Here each connection notes since when it waits, and `sweep` looks once a second. uvicorn
also keeps any number of headers, and of requests that are sent before the response to the first.

httptools takes what follows a head with `Upgrade` for another protocol: a body would be lost, and be read as the next
request. A server may ignore the header (RFC 9110, 7.8), and this one does: Java's client sends it at first.
"""

from __future__ import annotations

import math

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from http_api import errors
from http_api.application import secured

TYPE_CHECKING = False
if TYPE_CHECKING:
    import asyncio
    from collections.abc import Iterable
    from typing import Any

# What a connection waits for: a request, or the rest of one.
IDLE, READING = range(2)
# Of a request, beyond what came with its first byte, that is no body: target, headers, trailers. Load balancers pass on
# as many: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-limits.html
MOST_HEAD_BYTES = 64 * 1024
# Requests on a connection that wait for the response to the one before.
MOST_QUEUED = 100


class TooManyQueued(Exception):
    """More requests on a connection than wait for their turn. The parser answers an exception with one of its own."""


class WholeResponses:
    """A transport that sends the head of a response with its body, in one call of the system.

    uvicorn writes them one by one. A server that is killed between the two leaves a response that no load balancer can
    repair; one of which nothing came is asked for again.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport, self._head = transport, b""
        self.is_closing, self.abort = transport.is_closing, transport.abort

    def write(self, data: bytes) -> None:
        if self._head:
            self._transport.writelines([self._head, data])
            self._head = b""
        elif data.startswith(b"HTTP/1.1 ") and not data.startswith(b"HTTP/1.1 100 "):
            self._head = data
        else:
            self._transport.write(data)

    def flush(self) -> None:
        """Send a head that has no body."""
        if self._head:
            self._transport.write(self._head)
            self._head = b""

    def close(self) -> None:
        self.flush()
        self._transport.close()


class OneBody:
    """Callbacks of a parser that reads one body for a protocol, and nothing after it."""

    def __init__(self, protocol: PatientProtocol) -> None:
        self._protocol, self._done = protocol, False

    def on_body(self, body: bytes) -> None:
        if not self._done:
            self._protocol.on_body(body)

    def on_message_complete(self) -> None:
        if not self._done:
            self._done = True
            self._protocol.on_message_complete()


class PatientProtocol(HttpToolsProtocol):
    """since : when the client was last waited for, in the loop's seconds; infinity while it waits for us.

    head_bytes : of the request that is being read, since the last part of its body.
    """

    since = math.inf
    waits_for = IDLE
    head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.transport: Any = WholeResponses(transport)
        self.since = self.loop.time()

    def data_received(self, data: bytes) -> None:
        if self.waits_for == READING and self.since != math.inf:
            self._continue(data)
        else:
            self._feed(data)

    def _continue(self, data: bytes) -> None:
        """More of a request of which a part is there; what adds nothing to its body has a limit."""
        cycle, held = self.cycle, 0 if self.cycle is None else len(self.cycle.body)
        self._feed(data)
        if self.cycle is not cycle or (cycle is not None and len(cycle.body) > held):
            self.head_bytes = 0
        elif self.since != math.inf:
            self.head_bytes += len(data)
            if self.head_bytes > MOST_HEAD_BYTES and not self.transport.is_closing():
                self._refuse(431, "TOO_LARGE", f"expected a head of up to {MOST_HEAD_BYTES} bytes")

    def _feed(self, data: bytes) -> None:
        try:
            self.parser.feed_data(data)
        except HttpParserUpgrade as upgrade:
            self._without_upgrade(data[upgrade.args[0] :])
        except HttpParserError:
            self.send_400_response("")

    def _without_upgrade(self, rest: bytes) -> None:
        """Read a body after a head with `Upgrade`, which the parser takes for complete; the connection ends with it."""
        framing = [line for line in self.headers if line[0] in (b"content-length", b"transfer-encoding")]
        self.cycle.keep_alive = False
        if not framing:
            return
        self.cycle.more_body = True
        self.cycle.message_event.clear()
        self.parser = HttpRequestParser(OneBody(self))
        self.data_received(b"POST / HTTP/1.1\r\n%b\r\n" % b"".join([b"%b: %b\r\n" % line for line in framing]))
        self.data_received(rest)
        self.since = self.loop.time() if self.cycle.more_body else math.inf

    def on_message_begin(self) -> None:
        if len(self.pipeline) >= MOST_QUEUED:
            raise TooManyQueued
        super().on_message_begin()
        self.since, self.waits_for, self.head_bytes = self.loop.time(), READING, 0

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self.since = math.inf

    def on_response_complete(self) -> None:
        """As uvicorn's, without a timer."""
        self.transport.flush()
        self.server_state.total_requests += 1
        if self.since == math.inf:  # no next request has begun
            self.since, self.waits_for = self.loop.time(), IDLE
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())

    def late(self) -> None:
        """End a wait: the application that reads a body looks at the clock itself; what is no request is closed.

        A client that does not read its response has a second to, and then loses it.
        """
        if self.transport.is_closing():
            self.transport.abort()
        elif self.cycle is None or self.cycle.response_complete:
            self.transport.close()
        else:
            self.cycle.message_event.set()

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, "INVALID_REQUEST", "expected a request of HTTP/1.1")

    def _refuse(self, status: int, code: str, detail: str) -> None:
        """Close the connection; with a response, unless earlier requests wait for one, which it would be taken for."""
        if not self.pipeline:
            response = secured(errors.problem(status, code, detail))
            headers = {**response.headers, "content-length": str(len(response.body)), "connection": "close"}
            lines = [f"{name}: {value}\r\n".encode("latin-1") for name, value in headers.items()]
            self.transport.write(b"".join([STATUS_LINE[status], *lines, b"\r\n", response.body]))
        self.transport.close()


def sweep(connections: Iterable[Any], now: float, *, idle: float, reading: float) -> None:
    """End the waits that are longer than `idle` seconds for a request, and `reading` for the rest of one."""
    for one in list(connections):
        if now - one.since > (reading if one.waits_for == READING else idle):
            one.late()
