"""Connections that are kept open between calls, for several calls at once."""

from __future__ import annotations

import time
from collections import deque

from aws_client.connection import connect
from aws_client.errors import ConnectionLost
from aws_client.http1 import answer

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from aws_client.connection import Connection
    from aws_client.endpoints import Origin
    from aws_client.http1 import Answer, Request
    from aws_client.tls import Trust

# So many idle connections of one origin are kept, more than the publisher has calls in flight, which have one each.
MAX_IDLE = 16


class Pool:
    """Sends requests over connections that last. Made once a container.

    connect_seconds : for a connection, TLS included. read_seconds : from there on to the end of an answer.
    """

    def __init__(
        self, trust: Trust, connect_seconds: float, read_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.read_seconds = read_seconds
        self._trust, self._connect_seconds, self._clock = trust, connect_seconds, clock
        self._idle: dict[Origin, deque[Connection]] = {}  # appending and popping are atomic

    def send(self, origin: Origin, request: Request, *, streamed: bool = False) -> Answer:
        """Send a request and wait for its answer. Raises NoAnswer; `streamed` as in `ask`."""
        return self.ask(origin, request, streamed=streamed).answer()

    def ask(
        self, origin: Origin, request: Request, *, streamed: bool = False, remake: Callable[[], bytes] | None = None
    ) -> Asked:
        """Send a request, and wait for the answer later: meanwhile others can be sent. Raises NoAnswer.

        streamed : the answer's body may be large, and each piece of it has `read_seconds` again.
        remake : makes the request's body again, which then is not kept for the case that it must be sent once more.
        """
        kept = self._usable(origin)
        asked = Asked(self, origin, request, kept or self.connected(origin), kept is None, streamed, remake)
        asked.send(self.read_seconds)
        return asked

    def connected(self, origin: Origin) -> Connection:
        """A new connection. Raises NotConnected."""
        return connect(origin, self._connect_seconds, self._trust, self._clock)

    def keep(self, origin: Origin, connection: Connection) -> None:
        """Take a connection back whose last answer was read."""
        idle = self._idle.setdefault(origin, deque())
        if len(idle) < MAX_IDLE:
            idle.append(connection)
        else:
            connection.close()

    def close(self) -> None:
        """Close what is idle."""
        for idle in self._idle.values():
            while idle:
                idle.pop().close()

    def __del__(self) -> None:
        self.close()

    def _usable(self, origin: Origin) -> Connection | None:
        idle = self._idle.setdefault(origin, deque())
        while True:
            try:
                connection = idle.pop()  # the one that was used last is the likeliest to be open still
            except IndexError:
                return None
            if connection.usable:
                return connection
            connection.close()


class Asked:
    """A request on its way, on a connection that it has for itself; `fresh` where nobody used that before."""

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
        """Raises TimedOut. The answer must be there in so many seconds."""
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
        """Wait for the answer. Raises NoAnswer.

        A server closes connections that are idle, and a container that sleeps does not notice. A request on such a
        connection gets no byte of an answer, and is made once more on a new one, in the time that is left.
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
        connection, patience = self._connection, self._pool.read_seconds if self._streamed else None

        def done(reusable: bool) -> None:
            if reusable:
                self._pool.keep(self._origin, connection)
            else:
                connection.close()

        try:
            return answer(connection, self._request, done, patience)
        except BaseException:
            connection.close()
            raise
