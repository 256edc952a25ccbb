"""Persistent connections, for several calls at a time."""

from __future__ import annotations

import math
from collections import deque

from aws_client.connection import Network, connect
from aws_client.errors import ConnectionLost, NotConnected
from aws_client.http1 import answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_client.connection import Connection
    from aws_client.endpoints import Origin
    from aws_client.http1 import Answer, Request
    from aws_client.tls import Trust

# Idle connections kept for each origin. The publisher has fewer calls in flight, each with its own connection.
MAX_IDLE = 16


class Pool:
    """Sends requests over persistent connections. One for each container.

    connect_seconds : timeout of a connection, including TLS. read_seconds : from then to the end of a response.
    """

    def __init__(
        self, trust: Trust, connect_seconds: float, read_seconds: float, network: Network | None = None
    ) -> None:
        self.read_seconds = read_seconds
        self._trust, self._connect_seconds, self._network = trust, connect_seconds, network or Network()
        self._idle: dict[Origin, deque[Connection]] = {}  # appending and popping are atomic

    def send(self, origin: Origin, request: Request, *, streamed: bool = False) -> Answer:
        """Send a request and wait for its response. Raises NoAnswer; `streamed` as in `begin`."""
        return self.begin(origin, request, streamed=streamed).answer()

    def begin(
        self,
        origin: Origin,
        request: Request,
        *,
        streamed: bool = False,
        remake: Callable[[], bytes] | None = None,
        end: float = math.inf,
    ) -> PendingAnswer:
        """Send a request without waiting for its response, so that others can be sent. Raises NoAnswer.

        streamed : the response's body may be large: `read_seconds` is the timeout of each piece of it.
        remake : returns the request's body again, so that it is not kept for a second attempt.
        end : when, by `clock`, the whole call must have ended, connecting and the body included.
        """
        kept = self._usable(origin)
        connection = kept or self.connected(origin, end)
        connection.end = end
        pending = PendingAnswer(self, origin, request, connection, kept is None, streamed, remake)
        pending.send(self.read_seconds)
        return pending

    def clock(self) -> float:
        """Now, by the clock of `end`."""
        return self._network.clock()

    def has_idle(self, origin: Origin) -> bool:
        """Whether the next request needs no new connection."""
        connection = self._usable(origin)
        if connection:
            self._idle[origin].append(connection)
        return connection is not None

    def connected(self, origin: Origin, end: float = math.inf) -> Connection:
        """A new connection, opened before `end`. Raises NotConnected."""
        seconds = self._connect_seconds if end == math.inf else min(self._connect_seconds, end - self._network.clock())
        if seconds <= 0:
            raise NotConnected(f"{origin.authority}: no time is left")
        connection = connect(origin, seconds, self._trust, self._network)
        connection.end = end
        return connection

    def keep(self, origin: Origin, connection: Connection) -> None:
        """Keep a connection whose last response was read, for the next request."""
        connection.end = math.inf
        idle = self._idle.setdefault(origin, deque())
        if len(idle) < MAX_IDLE:
            idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Close the idle connections."""
        for idle in self._idle.values():
            while idle:
                idle.pop().close()

    def __del__(self) -> None:
        self.close()

    def _usable(self, origin: Origin) -> Connection | None:
        idle = self._idle.setdefault(origin, deque())
        while True:
            try:
                connection = idle.pop()  # the one used last is the most likely to be still open
            except IndexError:
                return None
            if connection.usable:
                return connection
            connection.close()


class PendingAnswer:
    """A request in flight on its own connection; `fresh` if no request used that connection before."""

    def __init__(
        self,
        pool: Pool,
        origin: Origin,
        request: Request,
        connection: Connection,
        fresh: bool,
        streamed: bool,
        remake: Callable[[], bytes] | None,
    ) -> None:
        self._pool, self._origin, self._request = pool, origin, request
        self._connection, self._fresh, self._streamed, self._remake = connection, fresh, streamed, remake

    def send(self, seconds: float) -> None:
        """Send the request; its response must arrive within `seconds`. Raises TimedOut."""
        connection = self._connection
        connection.allow(seconds)
        try:
            connection.send(self._request.head(), self._request.body)
        except BaseException:
            connection.close()
            raise
        if self._remake:
            self._request = self._request._replace(body=b"")

    def arrives(self, seconds: float) -> bool:
        """Whether something of the response arrives within `seconds`; if not, it can be waited for again."""
        return self._connection.arrives(seconds)

    def answer_within(self, seconds: float) -> Answer:
        """Wait for the response, and its body, for up to `seconds`. Nothing is sent again. Raises NoAnswer."""
        self._connection.allow_in_all(seconds)
        return self._read()

    def close(self) -> None:
        """Abandon the call. No other call can use its connection, on which the response may still arrive."""
        self._connection.close()

    def answer(self) -> Answer:
        """Wait for the response. Raises NoAnswer.

        A server closes idle connections, and a frozen container does not notice. A request on such a connection
        receives nothing, and is sent again on a new connection within the remaining time.
        """
        try:
            return self._read()
        except ConnectionLost:
            if self._fresh or self._connection.received:
                raise
        left = self._connection.left
        if self._remake:
            self._request = self._request._replace(body=self._remake())
        self._connection, self._fresh = self._pool.connected(self._origin, self._connection.end), True
        self.send(left)
        return self._read()

    def _read(self) -> Answer:
        connection, piece_seconds = self._connection, self._pool.read_seconds if self._streamed else None

        def done(reusable: bool) -> None:
            if reusable:
                self._pool.keep(self._origin, connection)
            else:
                connection.close()

        try:
            return answer(connection, self._request, done, piece_seconds)
        except BaseException:
            connection.close()
            raise
