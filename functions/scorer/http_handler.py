"""The Lambda handler of the HTTP endpoint: `scorer.http_handler.handler`.

It is called by API Gateway (REST API, payload 1.0; HTTP API, 2.0) and by a Function URL (2.0).
"""
# ruff: noqa: E402 - without garbage collection during imports a cold start is 5 % shorter

from __future__ import annotations

import gc

gc.disable()

from scorer import bytecode

bytecode.install(__spec__)

import logging
import os
import time
from functools import cache

from http_api import errors
from http_api.application import Application, secured
from http_api.lambda_events import request_of, response_of
from http_api.service import HttpService
from http_api.settings import HttpSettings
from http_api.variant import HttpVariant
from records.settings import ConfigInvalid
from resilience.deadline import Deadline
from scorer.parts import ServingParts
from serving.config import ServingConfig
from telemetry import logs
from telemetry.metrics import BATCH_DURATION, Metrics

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from scorer.parts import Clients

gc.freeze()  # later collections skip the imported objects
gc.enable()
logs.as_json()

LOG = logging.getLogger("scorer")


def build(
    environment: Mapping[str, str],
    *,
    clients: Clients | None = None,
    clock: Callable[[], float] = time.time,
    **outside: Any,
) -> HttpService:
    """The service that the environment configures; makes no call. Raises ConfigInvalid.

    outside : further parameters of `scorer.parts.ServingParts`.
    """
    settings, config = HttpSettings.from_environment(environment), ServingConfig.from_environment(environment)
    parts = ServingParts(config, clients=clients, clock=clock, variant=HttpVariant, **outside)
    return HttpService(
        Application(config.model_name, settings, clock),
        parts.models,
        parts.engine,
        shadow=parts.shadow,
        drift=parts.drift,
        capture=parts.capture,
        metrics=parts.metrics,
        clock=clock,
    )


@cache
def _service() -> HttpService:
    return build(os.environ)


@logs.without_values
def handler(event: Any, context: Any) -> dict[str, Any]:
    """Answer one request: always with a response."""
    try:
        service = _service()
    except ConfigInvalid as error:
        return _misconfigured(context, error)
    return invoke(service, event, context)


def invoke(service: HttpService, event: Any, context: Any) -> dict[str, Any]:
    """Answer one request within the time that Lambda's `context` allows, and log the result."""
    metrics = service.metrics
    metrics.note(engine=service.engine)
    deadline = Deadline(lambda: context.get_remaining_time_in_millis() / 1000)
    with metrics.timed(BATCH_DURATION):
        response = response_of(service.respond([request_of(event)], deadline)[0])
    metrics.write(context.aws_request_id, context.function_version)
    return response


def _misconfigured(context: Any, error: ConfigInvalid) -> dict[str, Any]:
    """The response without a service, which the environment does not allow."""
    LOG.error("%s", error)
    metrics = Metrics(os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""))
    metrics.failed(error)
    metrics.write(context.aws_request_id, context.function_version)
    return response_of(secured(errors.failed()))
