"""AWS Lambda's way in: `scorer.handler.handle`."""
# ruff: noqa: E402 - a start takes a twentieth less, as imports make no garbage

import gc

gc.disable()

import os
from functools import cache
from typing import Any

import native
from resilience.deadline import Deadline
from scorer import raw_events
from scorer.container import build
from scorer.pipeline import Pipeline
from scoring.engine import NATIVE
from telemetry import logs
from telemetry.metrics import BATCH_DURATION

gc.freeze()  # and later collections pass over what was imported
gc.enable()
logs.as_json()

# The runtime client imports this module before it reads the first event.
if native.NATIVE and os.environ.get("SCORER_ENGINE", NATIVE) == NATIVE:
    raw_events.ask_for_them()


@cache
def _pipeline() -> Pipeline:
    return build(os.environ)


def handle(event: Any, context: Any) -> dict[str, Any]:
    """Score one batch; the partial batch response. Raises ScorerError, and then the batch is delivered again."""
    return invoke(_pipeline(), event, context)


def invoke(pipeline: Pipeline, event: Any, context: Any) -> dict[str, Any]:
    """Score one batch with a container's pipeline, inside the time that Lambda's `context` leaves, and log it."""
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
