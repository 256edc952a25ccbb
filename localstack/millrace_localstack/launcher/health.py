"""Is the port free, does LocalStack answer?"""

import http.client
import socket

from millrace_localstack.launcher.environment import HOST


def port_taken(port: int) -> bool:
    """Whether something listens there, be it on loopback or on every interface."""
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex((HOST, port)) == 0:
            return True
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return True
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
