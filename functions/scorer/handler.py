"""The Lambda handler: `scorer.handler.handle`."""
# ruff: noqa: E402 - without garbage collection during imports a cold start is 5 % shorter

from __future__ import annotations

import gc

gc.disable()

from scorer import bytecode

bytecode.install(__spec__)

import os
from functools import cache

import native
import sources
from records.settings import ConfigInvalid
from resilience.deadline import Deadline
from scorer import raw_events
from scorer.container import build
from scorer.failed_batch import FailedBatches
from scoring.engine import NATIVE
from telemetry import logs
from telemetry.metrics import BATCH_DURATION, Metrics

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from scorer.pipeline import Pipeline

gc.freeze()  # later collections skip the imported objects
gc.enable()
logs.as_json()

# The runtime client imports this module before it reads the first event.
if native.NATIVE and os.environ.get("SCORER_ENGINE", NATIVE) == NATIVE:
    raw_events.enable()


@cache
def _pipeline() -> Pipeline:
    return build(os.environ)


@logs.without_values
def handle(event: Any, context: Any) -> dict[str, Any]:
    """Score one batch, and return the partial batch response. If it raises, the batch is delivered again."""
    try:
        pipeline = _pipeline()
    except ConfigInvalid as error:
        return _misconfigured(event, context, error)
    return invoke(pipeline, event, context)


def _misconfigured(event: Any, context: Any, error: ConfigInvalid) -> dict[str, Any]:
    """Respond without a pipeline, which the environment does not allow."""
    metrics = Metrics(os.environ.get("AWS_LAMBDA_FUNCTION_NAME", ""))
    batch = sources.read(event, "")
    metrics.received(batch.source.name, len(batch.envelopes))
    response = FailedBatches(metrics).respond(batch, error)
    metrics.write(context.aws_request_id, context.function_version)
    return response


def invoke(pipeline: Pipeline, event: Any, context: Any) -> dict[str, Any]:
    """Score one batch within the time that Lambda's `context` allows, and log the result."""
    metrics = pipeline.metrics
    metrics.note(engine=pipeline.engine)
    deadline = Deadline(lambda: context.get_remaining_time_in_millis() / 1000)
    try:
        with metrics.timed(BATCH_DURATION):
            response, _ = pipeline.run(event, deadline)
    except Exception as error:
        metrics.write(context.aws_request_id, context.function_version, error)
        raise
    metrics.write(context.aws_request_id, context.function_version)
    return response
