"""The server's own settings, from the container's environment. docs/container.md lists them."""

from __future__ import annotations

import re

from http_api.settings import OFF, ON, SWITCH
from records.settings import ConfigInvalid, Settings
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

_KEY = re.compile(r"([\w.\-]{1,64}):([0-9a-f]{64})")


class ServerSettings(Value):
    """service : the name that metrics have. key_names : the caller of each API key, by the key's SHA-256.

    wait : seconds that a request waits for others at most, to be scored with them; None: each is scored alone.
    batch_events : that are scored in one call. max_requests, max_connections : at a time. max_waiting : events that
    wait for a batch. body_seconds : in which a body must arrive. drain_seconds : after SIGTERM.
    """

    host: str
    port: int
    service: str
    key_names: Mapping[bytes, str]
    metrics_route: bool
    metrics_seconds: int
    wait: float | None
    batch_events: int
    max_requests: int
    max_connections: int
    max_waiting: int
    body_seconds: int
    keep_alive_seconds: int
    drain_seconds: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Raises ConfigInvalid with the variable's name."""
        settings = Settings(environment)
        wait = settings.text("BATCH_WAIT_MS", "0")
        return cls(
            host=settings.text("HOST", "0.0.0.0"),  # noqa: S104 - the container's own network; tests set loopback
            port=settings.whole("PORT", 1, 65_535, default=8080),
            service=settings.text("SERVICE_NAME", "scorer"),
            key_names=_key_names(settings),
            metrics_route=settings.one_of("METRICS_ROUTE", SWITCH, OFF) == ON,
            metrics_seconds=settings.whole("METRICS_SECONDS", 1, 3600, default=60),
            wait=None if wait == "off" else settings.whole("BATCH_WAIT_MS", 0, 1000, default=0) / 1000,
            batch_events=settings.whole("BATCH_EVENTS", 1, 100_000, default=1024),
            max_requests=settings.whole("MAX_REQUESTS", 1, 100_000, default=1000),
            max_connections=settings.whole("MAX_CONNECTIONS", 1, 100_000, default=4000),
            max_waiting=settings.whole("MAX_WAITING_EVENTS", 1, 10_000_000, default=50_000),
            body_seconds=settings.whole("BODY_SECONDS", 1, 600, default=20),
            keep_alive_seconds=settings.whole("KEEP_ALIVE_SECONDS", 1, 3600, default=75),
            drain_seconds=settings.whole("DRAIN_SECONDS", 0, 600, default=15),
        )


def _key_names(settings: Settings) -> dict[bytes, str]:
    """Raises ConfigInvalid: a server without keys must be asked for by name."""
    text, anonymous = settings.text("API_KEY_HASHES", ""), settings.one_of("ANONYMOUS", SWITCH, OFF) == ON
    if bool(text) == anonymous:
        got = "both" if anonymous else "neither"
        raise ConfigInvalid(
            f"expected API_KEY_HASHES, or ANONYMOUS=true where the network or SageMaker protects the server, got {got}"
        )
    found = {}
    for part in filter(None, text.split(",")):
        if not (match := _KEY.fullmatch(part.strip())):
            raise ConfigInvalid(
                "API_KEY_HASHES: expected name:SHA-256, comma-separated, got another form; see docs/container.md"
            )
        found[bytes.fromhex(match[2])] = match[1]
    return found
