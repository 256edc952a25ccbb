"""Sockets in virtual time, between a client in a handler and the endpoints of this simulation.

A client that takes its sockets from a `Network` runs unchanged: what it sends and receives are bytes, and waiting moves
the world's clock. A request takes effect at a time of its own, whether or not its sender still waits for it.
"""

import socket
from collections import deque
from collections.abc import Iterator, Mapping
from functools import partial
from heapq import heappop, heappush
from typing import Any

from ...world import World
from .endpoint import Endpoint, Exchange
from .http import BadRequest, take_request

_CONNECTING_SECONDS = 0.001, 0.006
# How much one send takes: a small window makes a large request go out in pieces.
_WINDOWS = (16 * 1024, 256 * 1024, 4 * 1024 * 1024)
# Markers among the bytes on their way to the client.
_RESET = b"reset"


class Network:
    """The network of a world; `endpoints` by host name. `counts`: connections, and the most requests in flight."""

    def __init__(self, world: World, endpoints: Mapping[str, Endpoint]) -> None:
        self.world, self.endpoints = world, endpoints
        self.clock = world.clock
        self._due: list[tuple[float, int, Exchange]] = []
        self._waiting: dict[Socket, Endpoint] = {}  # sockets whose request has no answer yet
        self._sent = 0

    def addresses(self, host: str | bytes, port: int) -> list[tuple[Any, ...]]:
        """As `socket.getaddrinfo`. Raises OSError for a host that is not simulated."""
        name = host.decode() if isinstance(host, bytes) else host
        if name not in self.endpoints:
            raise socket.gaierror(f"expected a simulated host, got {name}")
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (name, port))]

    def socket(self, family: int, kind: int, protocol: int) -> "Socket":
        return Socket(self)

    def readable(self, sock: "Socket", seconds: float = 0.0) -> bool:
        """Whether something has arrived, or does within `seconds`, which pass until then."""
        return sock.wait(seconds)

    def send(self, exchange: Exchange) -> None:
        """A whole request is on its way: it takes effect when that is due."""
        endpoint, waiting = exchange.endpoint, self._waiting
        endpoint.counts["at once"] += endpoint in waiting.values()
        waiting[exchange.sock] = endpoint
        self._sent += 1
        heappush(self._due, (exchange.due, self._sent, exchange))
        exchange.scheduled = self.world.at(exchange.due, partial(self._unwaited, exchange))

    def advance(self) -> None:
        """Let everything take effect that is due by now."""
        world, due = self.world, self._due
        while due and due[0][0] <= world.now:
            when, _, exchange = heappop(due)
            if exchange.scheduled is not None:
                world.cancel(exchange.scheduled)
            now, world.now = world.now, when
            try:
                exchange.serve()
            finally:
                world.now = now

    def settled(self, sock: "Socket") -> None:
        """No answer is awaited on a socket any more."""
        self._waiting.pop(sock, None)

    @property
    def next_due(self) -> float | None:
        return self._due[0][0] if self._due else None

    def _unwaited(self, exchange: Exchange) -> None:
        """What no client waited for takes effect too."""
        exchange.scheduled = None
        self.advance()


class Socket:
    """The client's end of a connection, with as much of `socket.socket` as an HTTP client uses."""

    def __init__(self, network: Network) -> None:
        self._network, self._world = network, network.world
        self._endpoint: Endpoint | None = None
        self._timeout = 0.0
        self._window = network.world.random.choice(_WINDOWS)
        self._outgoing = bytearray()
        self._expected = 0  # bytes of the request that is coming in
        self._incoming: deque[tuple[float, bytes, Exchange | None]] = deque()
        self.requests = 0  # that came whole
        self.closed = False
        self._dead = False  # the server has closed it
        self._idle_end: tuple[float, bool] | None = None  # when the server closes it if it is idle until then; seen?

    def settimeout(self, seconds: float) -> None:
        self._timeout = seconds

    def setsockopt(self, *_: Any) -> None:
        """Accepted."""

    def connect(self, address: tuple[str, int]) -> None:
        """Raises TimeoutError, ConnectionRefusedError."""
        world, endpoint = self._world, self._network.endpoints[address[0]]
        world.interruption_point()
        failure = endpoint.connecting()
        if failure == "connect_timeout":
            world.pass_time(self._timeout)
            raise TimeoutError("simulated")
        world.pass_time(world.random.uniform(*_CONNECTING_SECONDS))
        if failure == "unreachable":
            raise ConnectionRefusedError("simulated")
        self._endpoint = endpoint

    def sendmsg(self, buffers: Any) -> int:
        return self.send(b"".join(buffers))

    def send(self, data: Any) -> int:
        """Take some of `data`; a whole request is on its way at once. Raises BrokenPipeError."""
        world, endpoint = self._world, self._endpoint
        if endpoint is None or self.closed:
            raise BrokenPipeError("not connected")
        if not self._outgoing:
            world.interruption_point()
            self._end_if_idle()
            self._idle_end = None
        taken = bytes(data[: self._window])
        if self._dead:
            self._incoming.append((world.now, _RESET, None))
            return len(taken)
        self._outgoing += taken
        if len(self._outgoing) < self._expected:
            return len(taken)
        try:
            request = take_request(self._outgoing)
        except BadRequest as bad:
            endpoint.refuse(self, str(bad))
            return len(taken)
        if isinstance(request, int):
            self._expected = request
        else:
            self._expected = 0
            self.requests += 1
            self._network.send(endpoint.begin(self, request))
        return len(taken)

    def recv(self, most: int) -> bytes:
        """Wait for bytes, for as long as the timeout. Raises TimeoutError, ConnectionResetError."""
        if not self.wait(self._timeout):
            raise TimeoutError("simulated")
        self._network.settled(self)
        when, data, exchange = self._incoming.popleft()
        self._world.interruption_point()
        if data is _RESET:
            self._incoming.appendleft((when, data, None))
            raise ConnectionResetError("simulated")
        if not data:
            self._incoming.appendleft((when, data, None))
        elif len(data) > most:
            self._incoming.appendleft((when, data[most:], exchange))
            return data[:most]
        if exchange is not None:
            exchange.received()
        return data

    def wait(self, seconds: float) -> bool:
        """Whether something arrives within `seconds`; that time, or less, passes."""
        network, world = self._network, self._world
        until = world.now + seconds
        while True:
            network.advance()
            self._end_if_idle()
            arrives = self._incoming[0][0] if self._incoming else None
            if arrives is not None and arrives <= world.now:
                return True
            due = network.next_due
            following = min((when for when in (arrives, due) if when is not None), default=None)
            if following is None or following > until:
                if until > world.now:
                    world.pass_time(until - world.now)
                return False
            world.pass_time(following - world.now)
            world.now = max(world.now, following)

    def arrive(self, when: float, data: bytes, exchange: Exchange | None = None) -> None:
        """Bytes reach the client at `when`; nothing overtakes what was sent before. `exchange` is whole with them."""
        if self._incoming:
            when = max(when, self._incoming[-1][0])
        if not self.closed:
            self._incoming.append((when, data, exchange))

    def reset(self, when: float) -> None:
        """The server resets the connection."""
        self.arrive(when, _RESET)
        self._dead = True

    def end(self, when: float) -> None:
        """The server closes the connection."""
        self.arrive(when, b"")
        self._dead = True

    def end_idle(self, when: float, *, seen: bool) -> None:
        """The server closes the connection at `when`, unless a request comes before; unnoticed if not `seen`."""
        self._idle_end = when, seen

    def _end_if_idle(self) -> None:
        if self._idle_end is not None and self._idle_end[0] <= self._world.now:
            self._dead = True
            if self._idle_end[1]:
                self.arrive(self._idle_end[0], b"")
            self._idle_end = None

    def close(self) -> None:
        self.closed = True
        self._network.settled(self)
        self._incoming.clear()


class Tls:
    """The TLS contexts of a client, all of them good: the handshake takes time."""

    def __init__(self, world: World) -> None:
        self._world = world

    def contexts(self, scheme: str) -> "Iterator[Tls | None]":
        yield self if scheme == "https" else None

    def wrap_socket(self, sock: Socket, server_hostname: str) -> Socket:
        self._world.pass_time(self._world.random.uniform(*_CONNECTING_SECONDS))
        return sock
