"""The proxy of the integration tests, between the functions and LocalStack."""

import socket
from contextlib import ExitStack
from urllib.parse import urlsplit

from resilience.deadline import CONNECT_SECONDS
from tests.integration.proxy import FaultProxy

# Some containers of a few stacks, each with its connections to several services.
CONNECTIONS = 40


def test_functions_connect_in_their_time_while_the_proxy_is_busy() -> None:
    """A connection for which the queue is full is tried again after a second, which is all that a function waits."""
    proxy = FaultProxy()
    address = urlsplit(proxy.url)
    with ExitStack() as connections:
        for _ in range(CONNECTIONS):
            connections.enter_context(
                socket.create_connection((address.hostname, address.port), timeout=CONNECT_SECONDS)
            )
    with proxy:  # its end closes it
        pass
