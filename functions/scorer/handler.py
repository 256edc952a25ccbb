"""The Lambda handler: `scorer.handler.handle`."""
# ruff: noqa: E402 - without garbage collection during imports a cold start is 5 % shorter

from __future__ import annotations

import gc

gc.disable()

import os
import random
from functools import cache

import native
from resilience.deadline import Deadline
from scorer import raw_events
from scorer.container import build
from scoring.engine import NATIVE
from telemetry import logs
from telemetry.metrics import BATCH_DURATION

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
    # With SnapStart every container begins with the same random numbers: all would wait equally long after a throttle.
    random.seed()
    return build(os.environ)


def handle(event: Any, context: Any) -> dict[str, Any]:
    """Score one batch, and return the partial batch response. If it raises, the batch is delivered again."""
    return invoke(_pipeline(), event, context)


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
