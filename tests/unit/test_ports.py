"""A port that is given to a program is still the program's when it begins to listen."""

import socket
import struct
from collections.abc import Callable

import pytest

from millrace_localstack.launcher import health
from tests.fakes.ports import held_port

# ip(7): a socket takes its port from this range, here of one. Linux 6.3 and newer.
IP_LOCAL_PORT_RANGE = 51


def of_range(port: int) -> socket.socket:
    """A socket to which the system can give this port only."""
    found = socket.socket()
    try:
        found.setsockopt(socket.IPPROTO_IP, IP_LOCAL_PORT_RANGE, struct.pack("I", port << 16 | port))
    except OSError:
        found.close()
        pytest.skip("this kernel does not let a socket choose the range of its ports")
    return found


@pytest.mark.parametrize(
    "take",
    [lambda one, server: one.bind(("127.0.0.1", 0)), lambda one, server: one.connect(server.getsockname())],
    ids=["binds", "connects"],
)
def test_the_system_gives_a_held_port_to_no_other(take: Callable[[socket.socket, socket.socket], None]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        with held_port() as port, of_range(port) as other, pytest.raises(OSError, match=r"in use|assign"):
            take(other, server)
        with of_range(port) as other:
            take(other, server)  # free again
            assert other.getsockname()[1] == port


def test_a_server_listens_on_a_held_port() -> None:
    with held_port() as port:
        health.check_port(port)
        with socket.create_server(("127.0.0.1", port)) as server, socket.create_connection(server.getsockname()):
            pass
