"""The HTTP endpoint between a fake model store and a fake clock, and what comes out of it."""

import json
from collections.abc import Mapping
from typing import Any

from http_api.application import Application
from http_api.messages import HttpRequest, HttpResponse
from http_api.service import HttpService
from http_api.settings import HttpSettings
from http_api.variant import HttpVariant
from model_store import isolated
from model_store.artifact import Artifact
from scoring.engine import NATIVE, choose
from serving.loader import Loader
from serving.models import Models
from serving.shadow import Shadow
from telemetry.metrics import Metrics
from tests.fakes.clock import FakeClock
from tests.fakes.envelopes import MODEL
from tests.fakes.sink import FakeSink
from tests.fakes.store import FakeModelStore

OPEN = HttpSettings(public_page=True, health_routes=True)


class FakeEndpoint:
    """store : the model store. metric_lines : what was written. shadow_sink : where shadows publish."""

    def __init__(self, *artifacts: Artifact, settings: HttpSettings = OPEN, engine: str = NATIVE) -> None:
        self.clock, self.store, self.shadow_sink = FakeClock(), FakeModelStore(*artifacts), FakeSink()
        self.metric_lines: list[str] = []
        self.metrics = Metrics("http", self.metric_lines.append, self.clock, timer=self.clock)
        checked: dict[str, Any] = {"check": isolated.check, "clock": self.clock, "variant": HttpVariant}
        made = choose(engine)
        self.service = HttpService(
            Application(MODEL, settings, self.clock),
            Models(self.store, threads=1, poll_seconds=30, metrics=self.metrics, **checked),  # type: ignore[arg-type]
            made,
            shadow=Shadow(Loader(self.store, threads=1, **checked), self.shadow_sink, made, self.clock),  # type: ignore[arg-type]
            drift=None,
            metrics=self.metrics,
            clock=self.clock,
        )

    def send(self, *requests: HttpRequest) -> list[HttpResponse]:
        """The responses to requests that came at once."""
        responses = self.service.respond(requests, self.clock.deadline(60.0))
        self.metrics.write("request-1", "7")
        return responses

    def get(self, path: str, **members: Any) -> HttpResponse:
        return self.send(HttpRequest("GET", path, **members))[0]

    def post(self, path: str, body: Any, **headers: str) -> HttpResponse:
        """body : bytes, or what is sent as JSON. headers : with _ for -."""
        return self.send(post(path, body, **headers))[0]

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The log lines of the invocations."""
        return [json.loads(line) for line in self.metric_lines]


def post(path: str, body: Any, query: Mapping[str, str] | None = None, caller: str = "", **headers: str) -> HttpRequest:
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    named = {"content-type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpRequest("POST", path, query or {}, named, sent, caller or "anonymous")
