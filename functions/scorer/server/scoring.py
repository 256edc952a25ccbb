"""Scores batches of requests, and hands what follows a batch to the aftermath."""

from __future__ import annotations

import logging
import time
from collections import Counter

from http_api import errors
from http_api.application import secured
from http_api.batch import score_requests

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from http_api.application import Application
    from http_api.messages import HttpResponse
    from http_api.parsed import ParsedRequest
    from http_api.variant import HttpServing
    from scorer.server.aftermath import Aftermath
    from scorer.server.metrics import ServerMetrics
    from scoring.engine.protocols import Engine

LOG = logging.getLogger(__name__)


class Scoring:
    """clock : seconds since the epoch."""

    def __init__(
        self,
        application: Application,
        engine: Engine,
        metrics: ServerMetrics,
        aftermath: Aftermath,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._application, self._engine, self._metrics = application, engine, metrics
        self._aftermath, self._clock = aftermath, clock

    def __call__(self, serving: HttpServing, requests: Sequence[ParsedRequest]) -> list[HttpResponse]:
        """The response to each request. One that the scorer fails on fails alone. Never raises."""
        try:
            return self._scored(serving, requests)
        except Exception as error:
            if len(requests) > 1:
                return [response for request in requests for response in self(serving, [request])]
            self._metrics.crashed(len(requests[0].records))
            LOG.error("request failed: %s", type(error).__name__, exc_info=error)
            return [secured(errors.failed())]

    def _scored(self, serving: HttpServing, requests: Sequence[ParsedRequest]) -> list[HttpResponse]:
        now, application = self._clock(), self._application
        outcome, answers = score_requests(
            requests, serving, self._engine, model=application.model, now=now, metrics=self._metrics
        )
        responses = list(map(application.reply, requests, answers))
        refused = Counter([fault.code for _, fault in outcome.rejected]) if outcome.rejected else None
        self._metrics.scored(len(requests), outcome, refused)
        self._aftermath.add(serving, outcome, now)
        return responses
