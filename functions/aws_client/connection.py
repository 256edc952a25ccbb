"""A connection that sends bytes and receives lines and bytes, each before a deadline."""

from __future__ import annotations

import math
import select
import socket
import time

from aws_client.errors import ConnectionLost, NotConnected, TimedOut, Unreadable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from aws_client.endpoints import Origin
    from aws_client.tls import Trust

_RECEIVED_AT_ONCE = 64 * 1024
# For data that has already arrived: with TLS, a timeout of 0 raises different errors.
_SHORTEST_SECONDS = 0.001
# So much of a body usually fits into one TLS record together with the head.
_JOINED_BYTES = 12 * 1024


class Network:
    """The operating system's sockets and clock. A simulation replaces them, and nothing else of a connection."""

    clock = staticmethod(time.monotonic)
    socket: Callable[..., Any] = socket.socket

    @staticmethod
    def addresses(host: str | bytes, port: int) -> Sequence[tuple[Any, ...]]:
        """As `socket.getaddrinfo` returns them. Raises OSError, UnicodeError."""
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)

    @staticmethod
    def readable(sock: Any) -> bool:
        """Whether bytes, or the end of the connection, have arrived."""
        poll = select.poll()
        poll.register(sock, select.POLLIN)
        return bool(poll.poll(0))


class ConnectionClosed(ConnectionLost):
    """The server closed the connection properly; for a body without a length, that is its end."""


class Connection:
    """A connected socket, with or without TLS, that serves one thread at a time.

    until : the deadline, by `clock`, of every operation. end : the deadline of the whole call, which `until` never
    exceeds. received : whether anything arrived since the last request.
    """

    def __init__(self, sock: socket.socket, network: Network, *, secured: bool) -> None:
        self._socket, self._clock, self._readable_now = sock, network.clock, network.readable
        self._scatters = not secured  # a TLS socket sends one buffer at a time
        self._buffer, self._at = b"", 0  # received bytes, and how many of them were returned: the rest is not copied
        self.until, self.end, self.received = 0.0, math.inf, False

    def allow(self, seconds: float | None) -> None:
        """Set the deadline to `seconds` from now, and to `end` at the latest; None leaves it unchanged."""
        if seconds is not None:
            self.until = min(self._clock() + seconds, self.end)

    def allow_in_all(self, seconds: float) -> None:
        """Let everything that is still to come of the call take `seconds` from now."""
        self.end = self.until = self._clock() + seconds

    def arrives(self, seconds: float) -> bool:
        """Whether something of the response, or the connection's end, arrives within `seconds`. Nothing is lost by it.

        With TLS a readable socket is no answer: the server's session tickets come first.
        """
        if self._at < len(self._buffer):
            return True
        self.until = self._clock() + seconds
        try:
            self.fill()
        except TimedOut:
            return False
        except ConnectionLost:
            pass  # whoever reads the response gets the same error
        return True

    @property
    def left(self) -> float:
        """The seconds until the deadline; negative after it."""
        return self.until - self._clock()

    def send(self, head: bytes, body: bytes) -> None:
        """Raises TimedOut. A broken connection is detected when reading: the server may have answered first."""
        self.received = False
        try:
            self._wait()
            sent = self._send_first(head, body)
            for part, begin in ((head, sent), (body, max(0, sent - len(head)))):
                left = memoryview(part)[begin:]
                while left:  # in pieces, because `sendall` with TLS restarts its timeout for each record
                    self._wait()
                    left = left[self._socket.send(left) :]
        except TimeoutError:
            raise TimedOut("the request could not be sent in time") from None
        except OSError:
            pass

    def _send_first(self, head: bytes, body: bytes) -> int:
        """Send both parts together as far as possible: a packet for a few headers would cost as much again."""
        if self._scatters:
            return self._socket.sendmsg((head, body))
        return self._socket.send(head + body[:_JOINED_BYTES])

    def line(self, most: int) -> bytes:
        """Read a line, without its end. Raises Unreadable if it is longer than `most` bytes, and as `fill` does."""
        while (end := self._buffer.find(b"\n", self._at, self._at + most + 2)) < 0:
            if len(self._buffer) - self._at > most + 1:
                raise Unreadable(f"expected a line of at most {most} bytes")
            self.fill()
        line = self._buffer[self._at : end]
        self._at = end + 1
        return line.removesuffix(b"\r")

    def some(self, most: int) -> bytes:
        """Read 1 to `most` bytes. Raises as `fill` does."""
        if self._at == len(self._buffer):
            self.fill()
        some = self._buffer[self._at : self._at + most]
        self._at += len(some)
        if self._at == len(self._buffer):
            self._buffer, self._at = b"", 0  # an idle connection holds no memory
        return some

    def fill(self) -> None:
        """Wait for more bytes; those that arrived before the deadline count. Raises TimedOut, ConnectionLost."""
        try:
            if (left := self.left) <= 0 and not self._readable():
                raise TimeoutError
            self._socket.settimeout(max(left, _SHORTEST_SECONDS))
            received = self._socket.recv(_RECEIVED_AT_ONCE)
        except TimeoutError:
            raise TimedOut("the response did not arrive in time") from None
        except OSError as error:
            raise ConnectionLost(f"the connection broke: {type(error).__name__}") from None
        if not received:
            raise ConnectionClosed("the connection was closed before the end of the response")
        self.received = True
        self._buffer, self._at = self._buffer[self._at :] + received, 0

    @property
    def usable(self) -> bool:
        """Whether another request can be sent: the server has neither closed the connection nor sent anything more."""
        return self._at == len(self._buffer) and not self._readable()

    def close(self) -> None:
        self._socket.close()

    def _readable(self) -> bool:
        return self._readable_now(self._socket)

    def _wait(self) -> None:
        """Let the next socket operation take until the deadline. Raises TimeoutError."""
        if (left := self.left) <= 0:
            raise TimeoutError
        self._socket.settimeout(left)


def connect(origin: Origin, seconds: float, trust: Trust, network: Network) -> Connection:
    """Connect within `seconds`, including TLS, to the first address that accepts. Raises NotConnected.

    The time does not include the name lookup: the C library has its own timeouts.
    """
    try:
        # As bytes: given text, Python would import its codec for internationalised names.
        host = origin.host.encode("ascii") if origin.host.isascii() else origin.host
        addresses = network.addresses(host, origin.port)
    except (OSError, UnicodeError) as error:
        raise NotConnected(f"{origin.authority}: {type(error).__name__}") from None
    until, reason = network.clock() + seconds, "no address"
    for family, kind, protocol, _, address in addresses:
        for context in trust.contexts(origin.scheme):
            sock = network.socket(family, kind, protocol)
            try:
                opened = _open(sock, address, origin.host, context, until, network.clock)
                return Connection(opened, network, secured=context is not None)
            except OSError as error:
                sock.close()
                reason = getattr(error, "verify_message", "") or type(error).__name__
                if not hasattr(error, "verify_code"):  # only a certificate that does not verify needs another context
                    break
    raise NotConnected(f"{origin.authority}: {reason}")


def _open(
    sock: socket.socket, address: Any, host: str, context: Any, until: float, clock: Callable[[], float]
) -> socket.socket:
    sock.settimeout(max(0.001, until - clock()))
    sock.connect(address)
    # A large request is sent in pieces, and the next must not wait until the previous one is acknowledged.
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    if context is None:
        return sock
    sock.settimeout(max(0.001, until - clock()))
    secured: socket.socket = context.wrap_socket(sock, server_hostname=host)
    return secured
