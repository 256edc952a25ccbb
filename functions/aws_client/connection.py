"""A connection: bytes out, lines and bytes in, all of it until a point in time."""

from __future__ import annotations

import select
import socket
import time

from aws_client.errors import ConnectionLost, NotConnected, TimedOut, Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from aws_client.endpoints import Origin
    from aws_client.tls import Trust

_RECEIVED_AT_ONCE = 64 * 1024
# For what is there: a time-out of 0 would have errors of its own with TLS.
_SHORTEST_SECONDS = 0.001
# With the head before it, this of a body still fits into one record of TLS, mostly.
_JOINED_BYTES = 12 * 1024


class ConnectionClosed(ConnectionLost):
    """The server closed the connection in order; where a body has no length, that is its end."""


class Connection:
    """A connected socket, with or without TLS, that serves one thread at a time.

    `until` is when (by `clock`) all that it is asked for must be done. `received` tells whether anything came since
    the last request.
    """

    def __init__(self, sock: socket.socket, clock: Callable[[], float]) -> None:
        self._socket, self._clock = sock, clock
        self._scatters = type(sock) is socket.socket  # TLS takes one piece at a time
        self._buffer, self._at = b"", 0  # what was received, and how much of it was given out: no copy of the rest
        self.until, self.received = 0.0, False

    def allow(self, seconds: float | None) -> None:
        """Let what follows take so long from now on; None leaves `until` as it is."""
        if seconds is not None:
            self.until = self._clock() + seconds

    @property
    def left(self) -> float:
        """The seconds up to `until`; below 0 it has passed."""
        return self.until - self._clock()

    def send(self, head: bytes, body: bytes) -> None:
        """Raises TimedOut. A connection that broke is told by what comes in: the server may have answered first."""
        self.received = False
        try:
            self._wait()
            sent = self._send_first(head, body)
            for part, begin in ((head, sent), (body, max(0, sent - len(head)))):
                left = memoryview(part)[begin:]
                while left:  # piece by piece, as `sendall` with TLS takes the time anew for each of its records
                    self._wait()
                    left = left[self._socket.send(left) :]
        except TimeoutError:
            raise TimedOut("the request could not be sent in time") from None
        except OSError:
            pass

    def _send_first(self, head: bytes, body: bytes) -> int:
        """Send what goes out at once, of both parts together: a packet for a few headers would cost as much again."""
        if self._scatters:
            return self._socket.sendmsg((head, body))
        return self._socket.send(head + body[:_JOINED_BYTES])

    def line(self, most: int) -> bytes:
        """A line without its end. Raises Unreadable where it is longer than `most` bytes, and as `fill` does."""
        while (end := self._buffer.find(b"\n", self._at, self._at + most + 2)) < 0:
            if len(self._buffer) - self._at > most + 1:
                raise Unreadable(f"expected a line of at most {most} bytes")
            self.fill()
        line = self._buffer[self._at : end]
        self._at = end + 1
        return line.removesuffix(b"\r")

    def some(self, most: int) -> bytes:
        """At least one and at most `most` bytes. Raises as `fill` does."""
        if self._at == len(self._buffer):
            self.fill()
        some = self._buffer[self._at : self._at + most]
        self._at += len(some)
        if self._at == len(self._buffer):
            self._buffer, self._at = b"", 0  # a connection that waits for its next request keeps nothing
        return some

    def fill(self) -> None:
        """Wait for more; what is there already, counts even where the time is over. Raises TimedOut, ConnectionLost."""
        try:
            if (left := self.left) <= 0 and not self._readable():
                raise TimeoutError
            self._socket.settimeout(max(left, _SHORTEST_SECONDS))
            received = self._socket.recv(_RECEIVED_AT_ONCE)
        except TimeoutError:
            raise TimedOut("the answer did not come in time") from None
        except OSError as error:
            raise ConnectionLost(f"the connection broke: {type(error).__name__}") from None
        if not received:
            raise ConnectionClosed("the connection was closed before the end of the answer")
        self.received = True
        self._buffer, self._at = self._buffer[self._at :] + received, 0

    @property
    def usable(self) -> bool:
        """Whether another request may be sent: the server has not closed it, nor said anything that nobody asked."""
        return self._at == len(self._buffer) and not self._readable()

    def close(self) -> None:
        self._socket.close()

    def _readable(self) -> bool:
        poll = select.poll()
        poll.register(self._socket, select.POLLIN)
        return bool(poll.poll(0))

    def _wait(self) -> None:
        """Let the next operation of the socket take what is left. Raises TimeoutError."""
        if (left := self.left) <= 0:
            raise TimeoutError
        self._socket.settimeout(left)


def connect(origin: Origin, seconds: float, trust: Trust, clock: Callable[[], float] = time.monotonic) -> Connection:
    """Connect within `seconds`, TLS included, whatever the number of addresses. Raises NotConnected.

    Looking up the name is not bounded: the C library has its own time-outs for that.
    """
    try:
        # As bytes: of a text Python would first make an internationalised name, and import for that.
        host = origin.host.encode("ascii") if origin.host.isascii() else origin.host
        addresses = socket.getaddrinfo(host, origin.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotConnected(f"{origin.authority}: {type(error).__name__}") from None
    until, reason = clock() + seconds, "no address"
    for family, kind, protocol, _, address in addresses:
        for context in trust.contexts(origin.scheme):
            sock = socket.socket(family, kind, protocol)
            try:
                return Connection(_open(sock, address, origin.host, context, until, clock), clock)
            except OSError as error:
                sock.close()
                reason = getattr(error, "verify_message", "") or type(error).__name__
                if not hasattr(error, "verify_code"):  # another context verifies no better than this one
                    break
    raise NotConnected(f"{origin.authority}: {reason}")


def _open(
    sock: socket.socket, address: Any, host: str, context: Any, until: float, clock: Callable[[], float]
) -> socket.socket:
    sock.settimeout(max(0.001, until - clock()))
    sock.connect(address)
    # A large request goes out in pieces, and the next must not wait for the last one to be acknowledged.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if context is None:
        return sock
    sock.settimeout(max(0.001, until - clock()))
    secured: socket.socket = context.wrap_socket(sock, server_hostname=host)
    return secured
