"""The server's process: uvicorn, its log, its signals, and an orderly end.

SIGTERM: readiness fails and connections close after their next response, so that clients and load balancers leave;
once none is left, or after DRAIN_SECONDS, the socket closes, and what was begun is finished. docs/adr/0049
"""

from __future__ import annotations

import asyncio
import gc
import logging
import sys

import uvicorn

from http_api.application import Application
from http_api.settings import HttpSettings
from http_api.variant import HttpVariant
from scorer.parts import ServingParts
from scorer.server.aftermath import Aftermath
from scorer.server.app import ServerApp
from scorer.server.batcher import Batcher
from scorer.server.keeper import ReleaseKeeper
from scorer.server.metrics import ServerMetrics
from scorer.server.protocol import PatientProtocol, sweep
from scorer.server.scoring import Scoring
from scorer.server.settings import ServerSettings
from serving.config import ServingConfig
from telemetry.logs import JsonLines

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import FrameType
    from typing import Any

    from http_api.variant import HttpServing

LOG = logging.getLogger("scorer.server")

# What was begun is finished within this time after the socket closed.
FINISH_SECONDS = 20
# Threads get the interpreter after this time: loading a model must not delay requests by the default of 5 ms.
SWITCH_SECONDS = 0.0005
# Objects between two collections: a request makes few that last.
COLLECT_AFTER = 20_000
# Between two looks for clients that do not send.
SWEEP_SECONDS = 1.0


class MillraceServer(uvicorn.Server):
    """Serves until SIGTERM or SIGINT, then drains; a second signal ends it at once."""

    def __init__(self, environment: Mapping[str, str], **outside: Any) -> None:
        """outside : further parameters of `scorer.parts.ServingParts`. Raises ConfigInvalid."""
        self.settings = settings = ServerSettings.from_environment(environment)
        http = HttpSettings.from_environment(environment)
        config = ServingConfig.from_environment(environment)
        self.metrics = ServerMetrics(settings.service, in_flight=self.requests)
        parts = ServingParts(config, variant=HttpVariant, metrics=self.metrics, **outside)
        application = Application(config.model_name, http)
        self._keeper = ReleaseKeeper(parts.models, self._loaded)
        self._aftermath = Aftermath(parts.shadow, parts.drift, self.metrics)
        scoring = Scoring(application, parts.engine, self.metrics, self._aftermath)
        batcher = Batcher(scoring, wait=settings.wait, most=settings.batch_events, limit=settings.max_waiting)
        self._app = ServerApp(
            application,
            self._keeper,
            batcher,
            self.metrics,
            settings,
            http.max_body_bytes,
            self.requests,
            self.connections,
        )
        super().__init__(_config(self._app, settings))
        self._drain: asyncio.Task[None] | None = None

    def requests(self) -> int:
        """The number of requests at this moment."""
        return len(self.server_state.tasks)

    def connections(self) -> int:
        """The number of connections at this moment."""
        return len(self.server_state.connections)

    def _loaded(self, serving: HttpServing) -> None:
        self.metrics.serves(serving)
        versions = {name: variant.version for name, variant in serving.variants.items()}
        LOG.info("serving: %s", ", ".join(f"{name} {version}" for name, version in versions.items()))

    async def startup(self, sockets: Any = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self._keeper.start()
        self._aftermath.start()
        self._loop.call_later(self.settings.metrics_seconds, self._write_metrics)
        self._loop.call_later(SWEEP_SECONDS, self._sweep)
        LOG.info("listening on port %d", self.settings.port)

    def _sweep(self) -> None:
        settings = self.settings
        sweep(
            self.server_state.connections,
            self._loop.time(),
            idle=settings.keep_alive_seconds,
            reading=settings.body_seconds,
        )
        self._loop.call_later(SWEEP_SECONDS, self._sweep)

    def _write_metrics(self) -> None:
        self.metrics.line()
        self._loop.call_later(self.settings.metrics_seconds, self._write_metrics)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """A signal: the first begins the drain."""
        if self._app.draining or not self.started:
            super().handle_exit(sig, frame)
            return
        self._app.draining = True
        self._loop.call_soon_threadsafe(self._begin_drain)

    def _begin_drain(self) -> None:
        LOG.info("draining for up to %d s", self.settings.drain_seconds)
        self._drain = self._loop.create_task(self._drained())

    async def _drained(self) -> None:
        end = self._loop.time() + self.settings.drain_seconds
        while self._loop.time() < end and self.server_state.connections:
            await asyncio.sleep(0.05)
        self.should_exit = True

    async def shutdown(self, sockets: Any = None) -> None:
        self._keeper.stop()
        await super().shutdown(sockets)
        await asyncio.to_thread(self._aftermath.stop, 5.0)
        self.metrics.line()
        LOG.info("ended; %d connections were left", len(self.server_state.connections))


def _config(app: ServerApp, settings: ServerSettings) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http=PatientProtocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=2048,
        timeout_graceful_shutdown=FINISH_SECONDS,
    )


def log_as_json() -> None:
    """Write the log to standard output, one JSON object a line; of uvicorn only what is wrong."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines())
    handler.terminator = ""
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)


def run(environment: Mapping[str, str]) -> None:
    """Serve until a signal. Raises ConfigInvalid."""
    log_as_json()
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.set_threshold(COLLECT_AFTER, 50, 100)
    MillraceServer(environment).run()
