"""Connections that are kept open between calls, for several threads at once."""

import time
from collections import deque
from collections.abc import Callable

from aws_client.connection import Connection, connect
from aws_client.endpoints import Origin
from aws_client.errors import ConnectionLost
from aws_client.http1 import Answer, Request, exchange
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
        self._trust, self._clock = trust, clock
        self._connect_seconds, self._read_seconds = connect_seconds, read_seconds
        self._idle: dict[Origin, deque[Connection]] = {}  # appending and popping are atomic

    def send(self, origin: Origin, request: Request, *, streamed: bool = False) -> Answer:
        """Raises NoAnswer. `streamed`: the body may be large, and each piece of it has `read_seconds` again.

        A server closes connections that are idle, and a container that sleeps does not notice. A request on such a
        connection gets no byte of an answer, and is made once more on a new one, in the time that is left.
        """
        left = self._read_seconds
        if kept := self._usable(origin):
            started = self._clock()
            try:
                return self._exchange(kept, origin, request, left, streamed)
            except ConnectionLost:
                if kept.received:
                    raise
            left -= self._clock() - started
        fresh = connect(origin, self._connect_seconds, self._trust, self._clock)
        return self._exchange(fresh, origin, request, left, streamed)

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

    def _exchange(
        self, connection: Connection, origin: Origin, request: Request, seconds: float, streamed: bool
    ) -> Answer:
        def done(reusable: bool) -> None:
            idle = self._idle.setdefault(origin, deque())
            if reusable and len(idle) < MAX_IDLE:
                idle.append(connection)
            else:
                connection.close()

        connection.allow(seconds)
        try:
            return exchange(connection, request, done, self._read_seconds if streamed else None)
        except BaseException:
            connection.close()
            raise
