"""The endpoint's own settings, from the environment."""

from __future__ import annotations

from records.settings import Settings
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Self

ANONYMOUS, API_KEY, TOKEN, IAM = ACCESS = ("anonymous", "api_key", "token", "iam")
OFF, ON = SWITCH = ("false", "true")
# A request of Lambda is up to 6 MB, in which a binary body grows by a third.
BODY_BYTES, MOST_BODY_BYTES = 4 * 1024 * 1024, 64 * 1024 * 1024
EVENTS, MOST_EVENTS = 5_000, 1_000_000


class HttpSettings(Value):
    """public_page : `/` and `/openapi.json` are there. health_routes : `/ping` and `/v2/health/…` are there.

    access : what the gateway asks of clients, for the page and the document; it is not checked here.
    max_body_bytes, max_events : of one request; of a compressed body, also as inflated.
    """

    public_page: bool = False
    health_routes: bool = False
    access: str = ANONYMOUS
    max_body_bytes: int = BODY_BYTES
    max_events: int = EVENTS

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Raises ConfigInvalid with the variable's name."""
        settings = Settings(environment)
        return cls(
            public_page=settings.one_of("PUBLIC_PAGE", SWITCH, OFF) == ON,
            health_routes=settings.one_of("HEALTH_ROUTES", SWITCH, OFF) == ON,
            access=settings.one_of("ACCESS_CONTROL", ACCESS, ANONYMOUS),
            max_body_bytes=settings.whole("MAX_BODY_BYTES", 1, MOST_BODY_BYTES, default=BODY_BYTES),
            max_events=settings.whole("MAX_EVENTS", 1, MOST_EVENTS, default=EVENTS),
        )
