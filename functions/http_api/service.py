"""Serves requests with the models of the release: what the Lambda handler and a server have in common.

requests → serving release → parse → score in one call → reply, then shadow, drift and the poll of the release
"""

from __future__ import annotations

import logging
from collections import Counter

from http_api import errors
from http_api.application import secured
from http_api.batch import score_requests
from http_api.parsed import ParsedRequest
from http_api.record import SOURCE
from http_api.variant import HttpServing
from records.values import as_dict
from serving.missing import MissingWatch
from serving.models import ModelUnavailable
from telemetry.metrics import MISSING_VALUES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Any

    from http_api.application import Application
    from http_api.messages import HttpRequest, HttpResponse
    from resilience.deadline import Deadline
    from scoring.engine.protocols import Engine
    from scoring.outcome import Outcome
    from serving.capture import Capture
    from serving.drift import DriftWatch
    from serving.models import Models, Serving
    from serving.shadow import Shadow
    from telemetry.metrics import Metrics

LOG = logging.getLogger(__name__)


class HttpService:
    """Answers requests. One for each container. models, shadow : of HttpVariants."""

    def __init__(
        self,
        application: Application,
        models: Models,
        engine: Engine,
        *,
        shadow: Shadow,
        drift: DriftWatch | None,
        capture: Capture | None = None,
        metrics: Metrics,
        clock: Callable[[], float],
    ) -> None:
        self.application, self.metrics = application, metrics
        self._models, self._engine, self._shadow, self._drift, self._clock = models, engine, shadow, drift, clock
        self._capture, self._missing = capture, MissingWatch()

    @property
    def engine(self) -> str:
        """The engine that decodes and encodes: `native` or `python`."""
        return self._engine.name

    def respond(self, requests: Sequence[HttpRequest], deadline: Deadline) -> list[HttpResponse]:
        """The response to each request; a new release is loaded afterwards, in the time that is left."""
        try:
            return self._respond(requests, deadline)
        finally:
            self._models.refresh(deadline)

    def _respond(self, requests: Sequence[HttpRequest], deadline: Deadline) -> list[HttpResponse]:
        serving = self._serving(deadline)
        http = HttpServing(serving) if serving else None
        found = [self._parsed(request, http) for request in requests]
        waiting = [one for one in found if isinstance(one, ParsedRequest)]
        scored = self._score(waiting, serving, http, deadline) if waiting and serving and http else []
        answers = iter(scored)
        responses = [next(answers) if isinstance(one, ParsedRequest) else one for one in found]
        self.metrics.note(statuses=Counter(str(response.status) for response in responses))
        return responses

    def _serving(self, deadline: Deadline) -> Serving | None:
        try:
            return self._models.serving(deadline)
        except ModelUnavailable as error:
            LOG.error("%s", error)
            return None

    def _parsed(self, request: HttpRequest, serving: HttpServing | None) -> HttpResponse | ParsedRequest:
        try:
            return self.application.parse(request, serving)
        except Exception as error:
            return self._crashed(error)

    def _score(
        self, waiting: Sequence[ParsedRequest], serving: Serving, http: HttpServing, deadline: Deadline
    ) -> list[HttpResponse]:
        now, begun = self._clock(), deadline.remaining()
        count = sum(len(request.records) for request in waiting)
        self.metrics.received(SOURCE, count)
        try:
            outcome, answers = score_requests(
                waiting,
                http,
                self._engine,
                model=self.application.model,
                now=now,
                metrics=self.metrics,
            )
            responses = list(map(self.application.reply, waiting, answers))
        except Exception as error:
            return [self._crashed(error)] * len(waiting)
        shadow = self._shadow.score(serving, outcome, now, begun - deadline.remaining(), deadline)
        self._count(outcome, now, deadline)
        self._report(outcome, shadow)
        return responses

    def _count(self, outcome: Outcome, now: float, deadline: Deadline) -> None:
        if worst := self._missing.count(outcome.tables):
            self.metrics.gauge(MISSING_VALUES, worst.excess)
            self.metrics.note(missing=as_dict(worst))
        if self._drift:
            self._drift.count(outcome.tables, now, deadline)
        if self._capture:
            self._capture.keep(outcome.published(()), now, deadline)

    def _report(self, outcome: Outcome, shadow: Mapping[str, Any]) -> None:
        refused = Counter(fault.code for _, fault in outcome.rejected)
        self.metrics.answered(len(outcome.messages), refused, outcome.ignored_members, outcome.by_variant(()), shadow)

    def _crashed(self, error: Exception) -> HttpResponse:
        """The response to a request that the endpoint fails on, which is counted and logged with the traceback."""
        self.metrics.failed(error)
        LOG.error("request failed: %s", type(error).__name__, exc_info=error)
        return secured(errors.failed())
