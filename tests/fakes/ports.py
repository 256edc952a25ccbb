"""A port for a program that is about to start."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held_port() -> Iterator[int]:
    """A port of loopback on which only a program that is given it can listen, within the block.

    The system gives a port that is merely free to the next socket that asks for any, or connects to anywhere. This one
    has a socket that does not listen: where both have SO_REUSEADDR, as servers have it, another may.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]
