"""Is the port free, does LocalStack answer?"""

import errno
import http.client
import os
import socket

from millrace_localstack.launcher.environment import HOST
from millrace_localstack.launcher.errors import PortTaken, PortUnusable

HIGHEST_PORT = 65_535


def check_port(port: int) -> None:
    """Raises PortTaken where something listens there, on loopback or on every interface; PortUnusable with the reason
    where this program may not listen there."""
    if not 0 < port <= HIGHEST_PORT:
        raise PortUnusable(f"Expected a port from 1 to {HIGHEST_PORT:,}, got {port}: choose another port.")
    if _listened_on(port):
        raise PortTaken(f"Port {port} on {HOST} is in use: end the program that listens there, or choose another port.")


def _listened_on(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex((HOST, port)) == 0:
            return True
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return True
            why = os.strerror(error.errno or 0)
            raise PortUnusable(f"Port {port} on {HOST} cannot be used ({why}): choose another port.") from None
    return False


def healthy(port: int, timeout: float = 2) -> bool:
    # http.client, as urllib would ask the user's proxy.
    connection = http.client.HTTPConnection(HOST, port, timeout=timeout)
    try:
        connection.request("GET", "/_localstack/health")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
