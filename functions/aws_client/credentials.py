"""Credentials from the environment, where Lambda puts those of the function's role, or from a container's endpoint."""

from __future__ import annotations

from collections import namedtuple

from aws_client.errors import NotConfigured

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_client.pool import Pool

_KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
RELATIVE_URI = "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"
FULL_URI = "AWS_CONTAINER_CREDENTIALS_FULL_URI"


class Credentials(namedtuple("Credentials", ("access_key", "secret_key", "token"), defaults=("",))):
    """`token` is empty for keys that do not expire."""

    __slots__ = ()
    access_key: str
    secret_key: str
    token: str

    def __repr__(self) -> str:
        return "Credentials(…)"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Credentials:
        """Raises NotConfigured with the variable's name."""
        for name in _KEYS:
            if not environment.get(name):
                raise NotConfigured(f"expected credentials in the environment, found no {name}")
        return cls(
            environment["AWS_ACCESS_KEY_ID"],
            environment["AWS_SECRET_ACCESS_KEY"],
            environment.get("AWS_SESSION_TOKEN", ""),
        )


def source(environment: Mapping[str, str], pool: Pool, now: Callable[[], float]) -> Callable[[], Credentials]:
    """What gives the credentials for each call: they can change. Keys in the environment go first, as in the SDKs."""
    if not environment.get(_KEYS[0]) and (environment.get(RELATIVE_URI) or environment.get(FULL_URI)):
        # Not imported by default: Lambda without SnapStart puts keys into the environment.
        from aws_client.container_credentials import ContainerCredentials

        return ContainerCredentials(environment, pool, now)
    return lambda: Credentials.from_environment(environment)
