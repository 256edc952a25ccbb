"""Credentials from a container's endpoint: where ECS, EKS and Lambda SnapStart put those of the role.

https://docs.aws.amazon.com/sdkref/latest/guide/feature-container-credentials.html
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from threading import Lock

from aws_client.credentials import FULL_URI, RELATIVE_URI, Credentials
from aws_client.endpoints import Origin, origin
from aws_client.errors import CredentialsUnavailable, NoAnswer, NotConfigured
from aws_client.http1 import Request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aws_client.pool import Pool

_ECS = Origin("http", "169.254.170.2", 80)
# Without TLS only to this host and to addresses of the container's own host: those of ECS and EKS.
_PLAIN_HOSTS = frozenset({"localhost", "::1", "169.254.170.2", "169.254.170.23", "fd00:ec2::23"})
_MAX_ANSWER_BYTES = 64 * 1024
# Refreshed so long before they expire; if that fails, tried again after a pause while they are valid.
REFRESH_SECONDS = 600.0
RETRY_SECONDS = 30.0


class ContainerCredentials:
    """Fetches credentials and refreshes them before they expire. Thread-safe.

    now : seconds since the epoch.
    """

    def __init__(self, environment: Mapping[str, str], pool: Pool, now: Callable[[], float]) -> None:
        self._environment, self._pool, self._now = environment, pool, now
        self._lock = Lock()
        self._found: Credentials | None = None
        self._expires = self._refresh = 0.0

    def __call__(self) -> Credentials:
        """Raises CredentialsUnavailable, and NotConfigured with the variable's name."""
        with self._lock:
            now = self._now()
            if self._found is None or now >= self._refresh:
                self._found = self._fetch(now)
            return self._found

    def _fetch(self, now: float) -> Credentials:
        """New ones; where they cannot be had, those at hand until they expire."""
        try:
            found, self._expires = _read(self._answer())
        except CredentialsUnavailable:
            if self._found is None or now >= self._expires:
                raise
            found, self._refresh = self._found, now + RETRY_SECONDS
        else:
            self._refresh = max(self._expires - REFRESH_SECONDS, now + RETRY_SECONDS)
        return found

    def _answer(self) -> bytes:
        where, path = _endpoint(self._environment)
        headers = {"host": where.authority, "accept": "application/json"} | _authorization(self._environment)
        try:
            answer = self._pool.send(where, Request("GET", path, headers))
            body = answer.body.read(_MAX_ANSWER_BYTES)
        except NoAnswer as error:
            raise CredentialsUnavailable(f"the container's credentials: {error}") from None
        if answer.head.status != 200:
            raise CredentialsUnavailable(f"expected the container's credentials, got HTTP {answer.head.status}")
        return body


def _endpoint(environment: Mapping[str, str]) -> tuple[Origin, str]:
    """Host, and path with query. Raises NotConfigured."""
    if relative := environment.get(RELATIVE_URI):
        return _ECS, relative if relative.startswith("/") else f"/{relative}"
    url = environment[FULL_URI]
    scheme, separator, rest = url.partition("://")
    authority, _, path = rest.partition("/")
    where = origin(f"{scheme}{separator}{authority}", FULL_URI)
    loopback = where.host.startswith("127.") and where.host.replace(".", "").isdigit()
    if where.scheme == "http" and not loopback and where.host not in _PLAIN_HOSTS:
        raise NotConfigured(f"expected https, or a host of the container, in {FULL_URI}, got {where.authority}")
    return where, f"/{path}"


def _authorization(environment: Mapping[str, str]) -> dict[str, str]:
    """The header with the token, if there is one. Raises NotConfigured."""
    name = "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
    try:
        if path := environment.get(name):
            with open(path, encoding="utf-8") as file:  # noqa: PTH123 - pathlib takes longer to import
                token = file.read().strip()  # rotated, so read each time
        else:
            name = "AWS_CONTAINER_AUTHORIZATION_TOKEN"
            token = environment.get(name, "")
    except (OSError, UnicodeDecodeError) as error:
        raise NotConfigured(f"expected a readable file in {name}: {type(error).__name__}") from None
    if "\r" in token or "\n" in token:
        raise NotConfigured(f"expected a token of one line in {name}")
    return {"authorization": token} if token else {}


def _read(body: bytes) -> tuple[Credentials, float]:
    """The credentials, and when they expire. Raises CredentialsUnavailable; no message quotes the answer."""
    try:
        found = json.loads(body)
        keys = Credentials(*(str(found[name]) for name in ("AccessKeyId", "SecretAccessKey", "Token")))
        expires = datetime.fromisoformat(found["Expiration"])
    except (ValueError, TypeError, LookupError, RecursionError):
        raise CredentialsUnavailable(
            "expected AccessKeyId, SecretAccessKey, Token and Expiration from the container's endpoint"
        ) from None
    return keys, (expires if expires.tzinfo else expires.replace(tzinfo=UTC)).timestamp()
