"""AWS Lambda's way in: `scorer.handler.handle`."""

import json
import logging
import os
import time
from functools import cache
from typing import Any

import native
from scorer import raw_events
from scorer.container import build
from scorer.deadline import Deadline
from scorer.engine import NATIVE
from scorer.pipeline import Pipeline

LOG = logging.getLogger("scorer")

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
    """Score one batch with a container's pipeline, inside the time that Lambda's `context` leaves."""
    started = time.perf_counter()
    deadline = Deadline(lambda: context.get_remaining_time_in_millis() / 1000)
    response, report = pipeline.run(event, deadline)
    LOG.info(
        "%s",
        json.dumps(
            {
                "records": report.records,
                "predictions": report.predictions,
                "quarantined": report.quarantined,
                "failed": report.failed,
                "ignored_members": report.ignored_members,
                "engine": pipeline.engine,
                "scored_by": report.scored_by,
                "milliseconds": round((time.perf_counter() - started) * 1000, 1),
                **({"shadow": report.shadow} if report.shadow else {}),
            }
        ),
    )
    return response
