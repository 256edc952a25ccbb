"""What a container builds once: clients, models and the pipeline between them."""

import logging
import random
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import botocore.config
import botocore.session

from model_store import isolated
from model_store.artifact import Artifact
from model_store.store import ModelStore
from scorer.config import Config
from scorer.deadline import CONNECT_SECONDS, READ_SECONDS
from scorer.models import Models
from scorer.pipeline import Pipeline
from scorer.publish import Circuit, Publisher, make_sink
from scorer.quarantine import Quarantine
from scorer.retry import Retry

# Our own loggers, whose level is a setting: at DEBUG the AWS client writes predictions and credentials.
LOGGERS = ("scorer", "model_store")


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
    check: Callable[[Artifact], None] = isolated.check,
) -> Pipeline:
    """The pipeline that the environment describes. Raises ConfigInvalid; calls nothing yet.

    All that the scorer takes from outside comes in here, so that a simulation can be the outside. `check` verifies a
    new model before it takes the place of one that serves.
    """
    config = Config.from_environment(environment)
    for name in LOGGERS:
        logging.getLogger(name).setLevel(config.log_level)
    client = clients or aws_clients()
    retry = Retry(random=random, sleep=sleep)
    circuit = Circuit(clock=monotonic, random=random, sleep=sleep)
    # The store's reads are retried by the client; the publisher and the quarantine retry by the invocation's time.
    store = ModelStore(client("s3", attempts=3), config.model_bucket, config.model_name)
    poll_seconds = config.release_poll_seconds
    return Pipeline(
        Models(store, threads=config.threads, poll_seconds=poll_seconds, clock=monotonic, check=check),
        Publisher(make_sink(config.sink_type, config.sink_target, client), retry, circuit),
        Quarantine(client("s3"), config.failure_bucket, config.quarantine_prefix, retry),
        clock,
    )


def aws_clients() -> Clients:
    """Clients of AWS itself, out of one session."""
    session = botocore.session.get_session()

    def client(service: str, attempts: int = 1) -> Any:
        settings = botocore.config.Config(
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"mode": "standard", "total_max_attempts": attempts},
            tcp_keepalive=True,
            parameter_validation=False,  # a quarter of a call's work, for entries that are built right here
        )
        return session.create_client(service, config=settings)

    return client
