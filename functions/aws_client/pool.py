"""Persistent connections, for several calls at a time."""

from __future__ import annotations

from collections import deque

from aws_client.connection import Network, connect
from aws_client.errors import ConnectionLost
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
        self, origin: Origin, request: Request, *, streamed: bool = False, remake: Callable[[], bytes] | None = None
    ) -> PendingAnswer:
        """Send a request without waiting for its response, so that others can be sent. Raises NoAnswer.

        streamed : the response's body may be large: `read_seconds` is the timeout of each piece of it.
        remake : returns the request's body again, so that it is not kept for a second attempt.
        """
        kept = self._usable(origin)
        pending = PendingAnswer(self, origin, request, kept or self.connected(origin), kept is None, streamed, remake)
        pending.send(self.read_seconds)
        return pending

    def connected(self, origin: Origin) -> Connection:
        """A new connection. Raises NotConnected."""
        return connect(origin, self._connect_seconds, self._trust, self._network)

    def keep(self, origin: Origin, connection: Connection) -> None:
        """Keep a connection whose last response was read, for the next request."""
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
        self._connection, self._fresh = self._pool.connected(self._origin), True
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
