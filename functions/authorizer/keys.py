"""The issuer's public keys: read from one address, kept, and read again where a token names an unknown one."""

from __future__ import annotations

import json

from jwt import PyJWK
from jwt.exceptions import PyJWTError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

# Asymmetric only: with a public key as its secret, anyone could sign with HMAC.
ALGORITHMS = ("ES256", "ES384", "ES512", "EdDSA", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512")
KEPT_SECONDS = 600.0
# For how long keys count while their issuer cannot be reached.
TRUSTED_SECONDS = 3600.0
# Who sends tokens with made-up key ids has the issuer asked no more often than this.
PAUSE_SECONDS = 30.0
TIMEOUT_SECONDS = 3.0
MOST_BYTES, MOST_KEYS = 256 * 1024, 100
OK = 200


class KeysUnavailable(Exception):
    """The issuer's keys cannot be read, and none are known."""


class UnknownKey(Exception):
    """No key of the issuer has this id."""


class KeySet:
    """read : the document at the address. clock : seconds, monotonic."""

    def __init__(self, url: str, read: Callable[[str], bytes], clock: Callable[[], float]) -> None:
        self._url, self._read, self._clock = url, read, clock
        self._keys: dict[str, PyJWK] = {}
        self._read_at = self._tried_at = float("-inf")
        self._trouble = ""

    def key(self, key_id: str) -> PyJWK:
        """Raises UnknownKey, KeysUnavailable."""
        now = self._clock()
        if (key_id not in self._keys or now - self._read_at > KEPT_SECONDS) and now - self._tried_at > PAUSE_SECONDS:
            self._refresh(now)
        if now - self._read_at > TRUSTED_SECONDS:
            raise KeysUnavailable(self._trouble)
        if key_id not in self._keys:
            raise UnknownKey("no key of the issuer has the token's key id")
        return self._keys[key_id]

    def _refresh(self, now: float) -> None:
        self._tried_at = now
        try:
            self._keys, self._read_at = keys_of(self._read(self._url)), now
        except (OSError, ValueError, RecursionError) as error:
            self._trouble = f"{type(error).__name__}: {error}"


def keys_of(document: bytes) -> dict[str, PyJWK]:
    """The keys that verify signatures, by id. Raises ValueError for what is no set of keys."""
    found = json.loads(document)
    listed = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(listed, list) or len(listed) > MOST_KEYS:
        raise ValueError(f"expected an object with up to {MOST_KEYS} keys")
    keys = {one["kid"]: key for one in listed if isinstance(one, dict) and (key := _key(one)) is not None}
    if not keys:
        raise ValueError("expected at least one key that verifies signatures, with an id")
    return keys


def _key(entry: Mapping[str, Any]) -> PyJWK | None:
    """None for a key of another use, or that this library does not know: the issuer may have such, too."""
    texts = isinstance(entry.get("kid"), str) and isinstance(entry.get("alg", ""), str)
    if not texts or entry.get("use", "sig") != "sig":
        return None
    try:
        key = PyJWK(dict(entry))
    except PyJWTError:
        return None
    return key if key.algorithm_name in ALGORITHMS else None


def read(url: str) -> bytes:
    """The document at an address, and not where that may redirect to. Raises OSError, ValueError."""
    from http.client import HTTPConnection, HTTPException, HTTPSConnection

    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    kind = HTTPSConnection if scheme == "https" else HTTPConnection
    connection = kind(host, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", f"{slash or '/'}{path}", headers={"accept": "application/json"})
        answer = connection.getresponse()
        document = answer.read(MOST_BYTES + 1)
    except HTTPException as error:
        raise OSError(f"expected an HTTP response, got {type(error).__name__}") from None
    finally:
        connection.close()
    if answer.status != OK:
        raise ValueError(f"expected status {OK}, got {answer.status}")
    if len(document) > MOST_BYTES:
        raise ValueError(f"expected up to {MOST_BYTES} bytes")
    return document
