"""What a container builds once: clients, models and the pipeline between them."""

import logging
from collections.abc import Mapping
from typing import Any

import botocore.config
import botocore.session

from model_store.store import ModelStore
from scorer.config import Config
from scorer.deadline import CONNECT_SECONDS, READ_SECONDS
from scorer.models import Models
from scorer.pipeline import Pipeline
from scorer.publish import Publisher, make_sink
from scorer.quarantine import Quarantine


def build(environment: Mapping[str, str]) -> Pipeline:
    """The pipeline that the environment describes. Raises ConfigInvalid; calls nothing yet."""
    config = Config.from_environment(environment)
    # Our own loggers only: at DEBUG the AWS client writes predictions and credentials.
    for name in ("scorer", "model_store"):
        logging.getLogger(name).setLevel(config.log_level)
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

    # The store's reads are retried by the client; the publisher and the quarantine retry by the invocation's time.
    store = ModelStore(client("s3", attempts=3), config.model_bucket, config.model_name)
    return Pipeline(
        Models(store, threads=config.threads, poll_seconds=config.release_poll_seconds),
        Publisher(make_sink(config.sink_type, config.sink_target, client)),
        Quarantine(client("s3"), config.failure_bucket, config.quarantine_prefix),
    )
