"""What a container builds once: clients, models and the pipeline between them."""

import logging
import os
import random
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import native
from aws_client import Session
from model_store import isolated
from model_store.errors import ModelStoreError
from model_store.store import ModelStore
from model_store.verify import SignatureCheck
from resilience.circuit_breaker import Circuit
from resilience.deadline import CONNECT_SECONDS, READ_SECONDS
from resilience.retry import Retry
from scorer.config import Config, ConfigInvalid
from scorer.pipeline import Pipeline
from scoring.engine import choose
from serving.models import Check, Loader, Models
from serving.shadow import Shadow
from sinks import make_sink
from sinks.publisher import IN_FLIGHT, Publisher
from sinks.quarantine import Quarantine
from telemetry.emf import to_stdout
from telemetry.metrics import Metrics

LOG = logging.getLogger("scorer")

# Our own loggers, whose level is a setting: at DEBUG a library may write predictions and credentials.
LOGGERS = ("model_store", "predictors", "resilience", "scorer", "serving", "sinks", "sources")


class Clients(Protocol):
    """Makes the client of a service; it tries a call `attempts` times by itself."""

    def __call__(self, service: str, attempts: int = 1) -> Any: ...


def build(
    environment: Mapping[str, str],
    *,
    clients: Clients | None = None,
    clock: Callable[[], float] = time.time,
    monotonic: Callable[[], float] = time.monotonic,
    random: Callable[[], float] = random.random,
    sleep: Callable[[float], None] = time.sleep,
    check: Check = isolated.check,
    write: Callable[[str], None] = to_stdout,
    in_flight: int = IN_FLIGHT,
) -> Pipeline:
    """The pipeline that the environment describes. Raises ConfigInvalid; calls nothing yet.

    All that the scorer takes from outside comes in here, so that a simulation can be the outside. `check` verifies a
    new model before it is loaded beside one that serves; `write` takes the lines of invocations; of calls to the sink
    up to `in_flight` are begun before the first is waited for.
    """
    config = Config.from_environment(environment)
    for name in LOGGERS:
        logging.getLogger(name).setLevel(config.log_level)
    client = clients or aws_clients()
    retry = Retry(random=random, sleep=sleep)
    circuit = Circuit(clock=monotonic, random=random, sleep=sleep)
    signature = _signature_check(config.public_keys)

    def store(s3: Any) -> ModelStore:
        return ModelStore(s3, config.model_bucket, config.model_name)

    metrics = Metrics(config.function_name, write, clock)
    # Reads of the release are retried by the client; the publisher and the quarantine retry by the invocation's time,
    # and the shadow not at all.
    models = Models(
        store(client("s3", attempts=3)),
        threads=config.threads,
        poll_seconds=config.release_poll_seconds,
        signature=signature,
        metrics=metrics,
        clock=monotonic,
        check=check,
    )
    publisher = Publisher(
        make_sink(config.sink_type, config.sink_target, client, config.aggregate_ranges),
        retry,
        circuit,
        in_flight=in_flight,
    )
    if native.NATIVE:
        native.NATIVE.keep_memory()
    engine = choose(config.engine)
    if engine.name != config.engine:
        LOG.warning("the native engine is missing, all is done in Python: %s", native.MISSING)
    s3 = client("s3")
    loader = Loader(store(s3), threads=config.threads, signature=signature, check=check)
    sink = make_sink(config.shadow_sink_type, config.shadow_sink_target, client) if config.shadow_sink_type else None
    return Pipeline(
        models,
        publisher,
        Quarantine(s3, config.failure_bucket, config.quarantine_prefix, retry),
        clock,
        Shadow(loader, sink, monotonic, engine),
        engine,
        metrics,
        _drift(config, s3, monotonic),
    )


def aws_clients() -> Clients:
    """Clients of AWS itself, which share their connections.

    The environment is copied: Lambda never changes a container's, and each look at `os.environ` decodes it anew.
    """
    return Session(CONNECT_SECONDS, READ_SECONDS, environment=dict(os.environ)).client


def _drift(config: Config, s3: Any, clock: Callable[[], float]) -> Callable[..., None]:
    """What counts for drift. Where it is off nothing is imported for it."""
    if not config.drift_bucket:
        return lambda *_: None
    from serving.drift import DriftWatch

    every, name = config.drift_seconds, os.urandom(8).hex()
    return DriftWatch(s3, config.drift_bucket, config.model_name, every=every, container=name, clock=clock)


def _signature_check(public_keys: str) -> SignatureCheck | None:
    """What signatures are checked with. None where signing is off: then nothing is imported for it."""
    if not public_keys:
        return None
    from model_store.signature import PublicKeys

    try:
        return PublicKeys.read(public_keys).check
    except ModelStoreError as error:
        raise ConfigInvalid(f"MODEL_PUBLIC_KEYS: {error}") from None
