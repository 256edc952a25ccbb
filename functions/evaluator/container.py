"""Builds a container's collector and evaluation from its environment, once."""

from __future__ import annotations

import logging
import time
from typing import NamedTuple, Protocol

from evaluator.config import EvaluatorConfig
from outcomes.collect import Collector
from outcomes.drift import DriftOfWindow
from outcomes.evaluate import Evaluation
from outcomes.manifests import Manifests
from outcomes.metrics import EvaluatorMetrics
from outcomes.store import Store
from outcomes.tables import Tables
from resilience.deadline import CONNECT_SECONDS
from telemetry.emf import to_stdout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

# Longer than the scorer's: objects have megabytes, and no caller waits.
READ_SECONDS = 10
ATTEMPTS = 3
# The loggers with the configured level.
LOGGERS = ("evaluator", "model_store", "outcomes", "sources")


class EvaluatorClients(Protocol):
    """Makes the client of a service, which makes up to `attempts` attempts of each call."""

    def __call__(self, service: str, attempts: int = 1) -> Any: ...


class Evaluator(NamedTuple):
    collector: Collector
    evaluation: Evaluation
    drift: DriftOfWindow
    metrics: EvaluatorMetrics


def build(
    environment: Mapping[str, str],
    *,
    clients: EvaluatorClients | None = None,
    clock: Callable[[], float] = time.time,
    write: Callable[[str], None] = to_stdout,
) -> Evaluator:
    """The evaluator that the environment configures; makes no call. Raises ConfigInvalid.

    write : writes a line of metrics.
    """
    config = EvaluatorConfig.from_environment(environment)
    for name in LOGGERS:
        logging.getLogger(name).setLevel(config.log_level)
    s3 = (clients or aws_clients())("s3", attempts=ATTEMPTS)
    store, metrics = Store(s3, config.bucket), EvaluatorMetrics(config.function_name, write, clock)
    tables, manifests = Tables(config.memory_mb), Manifests(s3, config.model_bucket, config.model_name)
    return Evaluator(
        Collector(store, tables, config.outcomes_arn, config.model_name, clock),
        Evaluation(store, tables, manifests, config.model_name, config.look_back, metrics.hour, clock),
        DriftOfWindow(store, manifests, config.model_name, config.drift, clock),
        metrics,
    )


def aws_clients() -> EvaluatorClients:
    """AWS clients, which share their connections."""
    from aws_client.session import Session

    clients: EvaluatorClients = Session(CONNECT_SECONDS, READ_SECONDS).client
    return clients
