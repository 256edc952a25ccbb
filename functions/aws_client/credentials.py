"""Credentials from the environment, where Lambda puts those of the function's role."""

from __future__ import annotations

from collections import namedtuple

from aws_client.errors import NotConfigured

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping


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
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            if not environment.get(name):
                raise NotConfigured(f"expected credentials in the environment, found no {name}")
        return cls(
            environment["AWS_ACCESS_KEY_ID"],
            environment["AWS_SECRET_ACCESS_KEY"],
            environment.get("AWS_SESSION_TOKEN", ""),
        )
