"""Credentials, from the environment: where Lambda puts those of the function's role."""

from collections.abc import Mapping
from typing import NamedTuple

from aws_client.errors import NotConfigured


class Credentials(NamedTuple):
    """`token` is empty for keys that do not expire."""

    access_key: str
    secret_key: str
    token: str = ""

    def __repr__(self) -> str:
        return "Credentials(…)"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Credentials":
        """Raises NotConfigured, which names the variable."""
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            if not environment.get(name):
                raise NotConfigured(f"expected credentials in the environment, found no {name}")
        return cls(
            environment["AWS_ACCESS_KEY_ID"],
            environment["AWS_SECRET_ACCESS_KEY"],
            environment.get("AWS_SESSION_TOKEN", ""),
        )
