"""The Lambda handler: `evaluator.handler.handle`."""

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


@logs.without_values
def handle(event: Any, context: Any) -> dict[str, Any]:
    """Collect one batch, or evaluate if the event is `{"evaluate": {}}`. Raises what the clients raise."""
    return invoke(_evaluator(), event, context)


def invoke(evaluator: Evaluator, event: Any, context: Any) -> dict[str, Any]:
    """Run one invocation within the time that Lambda's `context` allows."""
    if isinstance(event, dict) and EVALUATE in event:
        return _evaluate(evaluator, Deadline(lambda: context.get_remaining_time_in_millis() / 1000))
    response, counts = evaluator.collector.run(event)
    evaluator.metrics.collected(counts)
    _log("collected", asdict(counts))
    return response


def _evaluate(evaluator: Evaluator, deadline: Deadline) -> dict[str, Any]:
    measured = evaluator.drift.run(deadline)
    evaluator.metrics.drift(measured)
    _log("drift measured", {"columns_drifted": {one.version: one.drifted() for one in measured}})
    done = evaluator.evaluation.run(deadline)
    evaluator.metrics.evaluated(done)
    counts = asdict(done)
    _log("evaluated", counts)
    return counts


def _log(message: str, members: dict[str, Any]) -> None:
    LOG.info(message, extra={logs.MEMBERS: members})
