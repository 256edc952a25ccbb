"""AWS Lambda's way in: `evaluator.handler.handle`."""

import json
import logging
import os
from dataclasses import asdict
from functools import cache
from typing import Any

from evaluator.container import Evaluator, build
from scorer.deadline import Deadline

LOG = logging.getLogger("evaluator")

EVALUATE = "evaluate"


@cache
def _evaluator() -> Evaluator:
    return build(os.environ)


def handle(event: Any, context: Any) -> dict[str, Any]:
    """Collect one batch, or evaluate where the event says `{"evaluate": {}}`. Raises what the clients raise."""
    return invoke(_evaluator(), event, context)


def invoke(evaluator: Evaluator, event: Any, context: Any) -> dict[str, Any]:
    """One invocation of a container; inside the time that Lambda's `context` leaves."""
    if isinstance(event, dict) and EVALUATE in event:
        return _evaluate(evaluator, Deadline(lambda: context.get_remaining_time_in_millis() / 1000))
    response, counts = evaluator.collector.run(event)
    evaluator.metrics.collected(counts)
    LOG.info("%s", json.dumps(asdict(counts)))
    return response


def _evaluate(evaluator: Evaluator, deadline: Deadline) -> dict[str, Any]:
    measured = evaluator.drift.run(deadline)
    evaluator.metrics.drift(measured)
    LOG.info("%s", json.dumps({"drift": {one.version: one.drifted() for one in measured}}))
    done = evaluator.evaluation.run(deadline)
    evaluator.metrics.evaluated(done)
    LOG.info("%s", json.dumps(asdict(done)))
    return asdict(done)
