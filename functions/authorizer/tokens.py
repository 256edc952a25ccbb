"""Whether a token is one of the issuer's, for us, and still valid."""

from __future__ import annotations

import jwt

from authorizer.keys import UnknownKey

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from authorizer.keys import KeySet
    from authorizer.settings import AuthorizerSettings

# Clocks differ.
LEEWAY_SECONDS = 30
REQUIRED = ["aud", "exp", "iss", "sub"]
MOST_LETTERS = 8192  # API Gateway's own limit of all headers is 10,240
BEARER = "bearer"  # of any case: RFC 9110, 11.1


class TokenRefused(Exception):
    """The token is not valid; the message says why, and nothing of the token."""


def claims(header: str, settings: AuthorizerSettings, keys: KeySet) -> Mapping[str, Any]:
    """What a valid token says. header : Authorization, as it came. Raises TokenRefused, KeysUnavailable."""
    scheme, _, token = header.partition(" ")
    token = token.strip(" ")
    if scheme.lower() != BEARER or not token or len(header) > MOST_LETTERS:
        raise TokenRefused("expected Authorization: Bearer and a token")
    try:
        key = keys.key(str(jwt.get_unverified_header(token).get("kid")))
        found: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=[key.algorithm_name],
            audience=settings.audience,
            issuer=settings.issuer,
            leeway=LEEWAY_SECONDS,
            options={"require": REQUIRED},
        )
    except (jwt.PyJWTError, UnknownKey) as error:
        raise TokenRefused(type(error).__name__) from None
    if settings.scope and settings.scope not in _scopes(found):
        raise TokenRefused("the token lacks the scope")
    return found


def _scopes(found: Mapping[str, Any]) -> list[str]:
    """OAuth's `scope` is a text; some providers have a list, `scp`."""
    named = found.get("scope") or found.get("scp") or []
    return named.split() if isinstance(named, str) else [str(one) for one in named]
