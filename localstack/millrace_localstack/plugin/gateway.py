"""The gateway, bound to the address that was asked for.

LocalStack 2026.3.0: its Twisted server takes the port of GATEWAY_LISTEN and leaves the host out, so that it listens
on every interface, and a laptop's LocalStack can be reached from the network.
Here: each address is bound as it was given. Plain HTTP only.

Twisted has the email library parse the Content-Type of each request, an eighth of all that LocalStack does: there are a
few of them, which are parsed once.
"""

from functools import lru_cache
from typing import Any

from localstack.runtime.server.twisted import TwistedRuntimeServer
from rolo.serving.twisted import TwistedGateway
from twisted.internet import endpoints, reactor
from twisted.web import http


class BoundGateway(TwistedRuntimeServer):  # type: ignore[misc]
    def register(self, gateway: Any, listen: list[Any], ssl_creds: Any = None) -> None:
        http._parseContentType = lru_cache(maxsize=100)(http._parseContentType)
        site = TwistedGateway(gateway)
        for address in listen:
            endpoint = endpoints.TCP4ServerEndpoint(reactor, address.port, interface=address.host)
            endpoint.listen(site)
