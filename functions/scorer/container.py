"""Builds a container's pipeline from its environment, once."""

from __future__ import annotations

import time

from model_store import isolated
from resilience.backoff import uniform
from resilience.circuit_breaker import CircuitBreaker
from resilience.retry import Retry
from scorer.parts import ServingParts
from scorer.pipeline import Pipeline
from serving.config import ScorerConfig
from sinks import make_sink
from sinks.delivery import SinkDelivery
from sinks.publisher import IN_FLIGHT, Publisher
from sinks.quarantine import Quarantine
from sources.objects import StoredObjects
from telemetry.emf import to_stdout

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from scorer.parts import Clients
    from serving.loader import Check
    from sources.large_objects import LargeObjects


def build(
    environment: Mapping[str, str],
    *,
    clients: Clients | None = None,
    clock: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = time.monotonic,
    random: Callable[[], float] = uniform,
    sleep: Callable[[float], None] = time.sleep,
    check: Check = isolated.check,
    write: Callable[[str], None] = to_stdout,
    in_flight: int = IN_FLIGHT,
    container: str | None = None,
) -> Pipeline:
    """The pipeline that the environment configures; makes no call. Raises ConfigInvalid.

    Every dependency on the outside is a parameter, so that a simulation can replace it.

    check : verifies a new model in a child process while another one serves. write : writes the log line of an
    invocation. in_flight : the maximum number of calls to the sink at a time. container : a name that no other one has;
    by default a random one.
    """
    config = ScorerConfig.from_environment(environment)
    parts = ServingParts(
        config, clients=clients, clock=clock, monotonic=monotonic, check=check, write=write, container=container
    )
    # The publisher and the quarantine retry within the invocation's time.
    retry = Retry(random=random, sleep=sleep)
    circuit = CircuitBreaker(clock=monotonic, random=random, sleep=sleep)
    publisher = Publisher(make_sink(config.sink, parts.client), retry, circuit, in_flight=in_flight)
    quarantine = Quarantine(parts.s3, config.failure_bucket, config.quarantine_prefix, retry)
    return Pipeline(
        config.model_name,
        parts.models,
        parts.engine,
        SinkDelivery(publisher, quarantine, parts.metrics),
        shadow=parts.shadow,
        drift=parts.drift,
        capture=parts.capture,
        metrics=parts.metrics,
        clock=clock,
        objects=StoredObjects(parts.s3, config.object_bytes, _large_objects(config, parts.client)),
    )


def _large_objects(config: ScorerConfig, client: Clients) -> LargeObjects | None:
    """None without a state machine for them: then nothing is imported for it."""
    if not config.batch_machine:
        return None
    from sources.large_objects import LargeObjects

    return LargeObjects(client("stepfunctions", attempts=3), config.batch_machine, config.batch_object_bytes)
