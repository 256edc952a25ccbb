"""The authorizer's settings, from the environment that terraform/modules/http_api sets."""

from __future__ import annotations

from records.settings import ConfigInvalid, Settings
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

# Keys that came over a connection without TLS prove nothing; of this machine, for tests.
ADDRESSES = ("https://", "http://127.0.0.1:")


class AuthorizerSettings(Value):
    """issuer, audience : what a token's `iss` and `aud` must be. scope : what it must allow; empty: anything.

    keys_url : where the issuer has its public keys (JWKS).
    """

    keys_url: str
    issuer: str
    audience: str
    scope: str = ""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Raises ConfigInvalid with the variable's name."""
        settings = Settings(environment)
        url = settings.text("JWKS_URL")
        if not url.startswith(ADDRESSES):
            raise ConfigInvalid(f"JWKS_URL: expected an address with https://, got {url!r}")
        return cls(
            keys_url=url,
            issuer=settings.text("JWT_ISSUER"),
            audience=settings.text("JWT_AUDIENCE"),
            scope=settings.text("JWT_SCOPE", ""),
        )
