"""The real scorer as one container has it, with a Kinesis sink, in a simulated world without the scenarios' faults."""

import json
from collections.abc import Callable
from typing import Any

from scorer.container import build
from scorer.handler import invoke
from scoring.engine import NATIVE
from simulator import Context, World
from tests.simulation import models
from tests.simulation.cloud import FAILURES, MODELS, REGION, target
from tests.simulation.stack import QUARANTINE

ENVIRONMENT = {
    "MODEL_BUCKET": MODELS,
    "MODEL_NAME": models.NAME,
    "RELEASE_POLL_SECONDS": "30",
    "PREDICTION_SINK_TYPE": "kinesis",
    "PREDICTION_SINK_TARGET": target("kinesis", REGION),
    "FAILURE_BUCKET": FAILURES,
    "QUARANTINE_PREFIX": QUARANTINE,
    "LOG_LEVEL": "CRITICAL",
    "SCORER_ENGINE": NATIVE,
}


def handler(world: World, clients: Any, write: Callable[[str], None]) -> Callable[[Any, Context], Any]:
    """A new container's handler. clients : makes the client of a service. write : takes a line of metrics."""
    pipeline = build(
        ENVIRONMENT,
        clients=clients,
        clock=world.clock,
        monotonic=world.clock,
        random=world.random.random,
        sleep=world.pass_time,
        check=models.check,
        write=write,
    )

    def handle(event: Any, context: Context) -> Any:
        return invoke(pipeline, json.dumps(event).encode(), context)

    return handle
