"""Service endpoints: AWS's own hosts, or those that the environment sets.

https://docs.aws.amazon.com/general/latest/gr/rande.html
https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html
"""

from __future__ import annotations

from collections import namedtuple
from functools import lru_cache

from aws_client.errors import NotConfigured
from aws_client.hosts import host

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

# In the variables of endpoints a service has its id, which is not always botocore's name.
_IDS = {"events": "EVENTBRIDGE", "states": "SFN"}
_PORTS = {"http": 80, "https": 443}
_NOT_IN_HOSTS = frozenset("/?#@[] \t\r\n")
_HOST_LABEL = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


class Origin(namedtuple("Origin", ("scheme", "host", "port"))):
    """Scheme, host and port of a server."""

    __slots__ = ()
    scheme: str
    host: str
    port: int

    @property
    def authority(self) -> str:
        """The value of the header `Host`."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"


class Endpoint(namedtuple("Endpoint", ("origin", "region", "custom"))):
    """A service in a region; `custom` if the environment sets its URL."""

    __slots__ = ()
    origin: Origin
    region: str
    custom: bool

    def bucket(self, bucket: str, key: str) -> tuple[Origin, str]:
        """The host of a bucket, and the path of an object on it, not encoded.

        A custom endpoint has one host for all buckets, and so has a bucket with a dot in its name: the wildcard of S3's
        certificates does not match dots.
        """
        if self.custom or not _HOST_LABEL.issuperset(bucket):
            return self.origin, f"/{bucket}/{key}"
        return self.origin._replace(host=f"{bucket}.{self.origin.host}"), f"/{key}"


def region_of(environment: Mapping[str, str]) -> str:
    """The region from the environment. Raises NotConfigured."""
    region = environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION")
    if not region:
        raise NotConfigured("expected a region in AWS_REGION or AWS_DEFAULT_REGION, found none")
    return region


def endpoint(service: str, region: str, environment: Mapping[str, str]) -> Endpoint:
    """The endpoint of `service` (by its name in hosts: kinesis, s3, …) in a region. Raises NotConfigured."""
    name = _IDS.get(service, service.upper())
    url = environment.get(f"AWS_ENDPOINT_URL_{name}") or environment.get("AWS_ENDPOINT_URL")
    if url:
        return Endpoint(origin(url, "AWS_ENDPOINT_URL"), region, custom=True)
    return Endpoint(Origin("https", host(service, region, environment), 443), region, custom=False)


def arn_region(arn: str, otherwise: str) -> str:
    """The region in an ARN, `arn:partition:service:region:…`."""
    parts = arn.split(":", 4)
    return parts[3] if len(parts) == 5 and parts[3] else otherwise


@lru_cache(maxsize=16)  # needed for each call
def origin(url: str, variable: str) -> Origin:
    """Parse the URL in a variable, without urllib.parse, whose import takes as long as that of this whole package.

    Raises NotConfigured.
    """
    scheme, _, rest = url.lower().partition("://")
    authority = rest.removesuffix("/")
    name, port = _host_and_port(authority)
    if scheme not in _PORTS or not name or _NOT_IN_HOSTS & set(name) or not 0 <= port <= 65535:
        raise NotConfigured(f"expected an endpoint like http://host:port in {variable}, got {url!r}")
    return Origin(scheme, name, port or _PORTS[scheme])


def _host_and_port(authority: str) -> tuple[str, int]:
    """Split an authority; an IPv6 address is in brackets. The port is 0 if absent, and -1 if it is not a number."""
    if authority.startswith("["):
        host, closed, rest = authority[1:].partition("]")
        valid, port = bool(closed) and rest[:1] in ("", ":"), rest[1:]
    else:
        host, _, port = authority.partition(":")
        valid = ":" not in port
    if not port:
        return host, 0 if valid else -1
    return host, int(port) if valid and port.isascii() and port.isdigit() and len(port) <= 5 else -1
