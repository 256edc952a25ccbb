"""AWS Lambda's way in: `evaluator.handler.handle`."""

from __future__ import annotations

import logging
import os
from dataclasses import asdict
from functools import cache

from evaluator.container import build
from resilience.deadline import Deadline
from telemetry import logs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from evaluator.container import Evaluator

LOG = logging.getLogger("evaluator")

EVALUATE = "evaluate"

logs.as_json()


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
    _say("collected", asdict(counts))
    return response


def _evaluate(evaluator: Evaluator, deadline: Deadline) -> dict[str, Any]:
    measured = evaluator.drift.run(deadline)
    evaluator.metrics.drift(measured)
    _say("drift measured", {"columns_drifted": {one.version: one.drifted() for one in measured}})
    done = evaluator.evaluation.run(deadline)
    evaluator.metrics.evaluated(done)
    counts = asdict(done)
    _say("evaluated", counts)
    return counts


def _say(what: str, members: dict[str, Any]) -> None:
    LOG.info(what, extra={logs.MEMBERS: members})
