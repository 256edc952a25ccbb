"""What every entry point of the scorer is made of: models, engine, shadow, drift and metrics, by the environment."""

from __future__ import annotations

import logging
import os
import time

import native
from aws_client import Session
from model_store import isolated
from model_store.errors import ModelStoreError
from model_store.store import ModelStore
from records.settings import ConfigInvalid
from resilience.deadline import CONNECT_SECONDS, READ_SECONDS
from scoring.engine import choose
from scoring.variant import Variant
from serving.loader import Loader
from serving.models import Models
from serving.shadow import Shadow
from sinks import make_sink
from telemetry.emf import to_stdout
from telemetry.metrics import Metrics

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Protocol

    from model_store.verify import SignatureCheck
    from scoring.engine.protocols import Engine
    from serving.capture import Capture
    from serving.config import ServingConfig
    from serving.drift import DriftWatch
    from serving.loader import Check

    class Clients(Protocol):
        """Makes the client of a service, which makes up to `attempts` attempts of each call."""

        def __call__(self, service: str, attempts: int = 1) -> Any: ...


LOG = logging.getLogger("scorer")

# Only these loggers get the configured level: at DEBUG, a library could log predictions and credentials.
LOGGERS = ("http_api", "model_store", "predictors", "resilience", "scorer", "serving", "sinks", "sources")


class ServingParts:
    """The parts of one container. Making them makes no call. Raises ConfigInvalid.

    clients : by default those that the settings name. variant : what a loaded model becomes, as of
    `serving.loader.Loader`. metrics : by default those of a function. The other parameters are those of
    `scorer.container.build`.
    """

    def __init__(
        self,
        config: ServingConfig,
        *,
        clients: Clients | None = None,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        check: Check = isolated.check,
        write: Callable[[str], None] = to_stdout,
        variant: type[Variant] = Variant,
        metrics: Metrics | None = None,
        container: str | None = None,
    ) -> None:
        for name in LOGGERS:
            logging.getLogger(name).setLevel(config.log_level)
        self.client = client = clients or aws_clients(config.client)
        signature = signature_check(config, client)

        def store(s3: Any) -> ModelStore:
            return ModelStore(s3, config.model_bucket, config.model_name, memory=config.memory)

        self.metrics = metrics or Metrics(config.function_name, write, clock)
        # The client retries reads of the release; the shadow never retries.
        self.models = Models(
            store(client("s3", attempts=3)),
            threads=config.threads,
            poll_seconds=config.release_poll_seconds,
            signature=signature,
            metrics=self.metrics,
            clock=monotonic,
            check=check,
            variant=variant,
        )
        self.engine = chosen_engine(config.engine)
        self.s3 = client("s3")
        loader = Loader(
            store(self.s3), threads=config.threads, signature=signature, check=check, clock=monotonic, variant=variant
        )
        shadow_sink = make_sink(config.shadow_sink, client) if config.shadow_sink else None
        self.shadow = Shadow(loader, shadow_sink, self.engine, monotonic)
        container = container or os.urandom(8).hex()
        self.drift = _drift(config, self.s3, container, monotonic)
        self.capture = _capture(config, self.s3, container, monotonic, self.metrics)


def chosen_engine(name: str) -> Engine:
    """The engine of that name; Python's where the native one was not built."""
    if native.NATIVE:
        native.NATIVE.keep_memory()
    engine = choose(name)
    if engine.name != name:
        LOG.warning("native engine not found, using the Python engine: %s", native.MISSING)
    return engine


def aws_clients(kind: str) -> Clients:
    """AWS clients, which share their connections; `kind` is one of `serving.config.CLIENTS`.

    The environment is copied: Lambda never changes it in a container, and each access to `os.environ` decodes bytes.
    """
    environment = dict(os.environ)
    if kind == "botocore":
        from scorer.botocore_clients import BotocoreSession

        return BotocoreSession(CONNECT_SECONDS, READ_SECONDS, environment).client
    return Session(CONNECT_SECONDS, READ_SECONDS, environment=environment).client


def _drift(config: ServingConfig, s3: Any, container: str, clock: Callable[[], float]) -> DriftWatch | None:
    """None without a drift bucket: then nothing is imported for it."""
    if not config.drift_bucket:
        return None
    from serving.drift import DriftWatch

    every = config.drift_seconds
    return DriftWatch(s3, config.drift_bucket, config.model_name, every=every, container=container, clock=clock)


def _capture(
    config: ServingConfig, s3: Any, container: str, clock: Callable[[], float], metrics: Metrics
) -> Capture | None:
    """None without a bucket for captured rows: then nothing is imported for them."""
    if not config.capture_bucket:
        return None
    from serving.capture import Capture

    return Capture(
        s3,
        config.capture_bucket,
        config.model_name,
        share=config.capture_share,
        every=config.capture_seconds,
        container=container,
        clock=clock,
        metrics=metrics,
    )


def signature_check(config: ServingConfig, client: Clients) -> SignatureCheck | None:
    """None where signing is off: then nothing is imported for signatures."""
    if config.verifying_keys:
        from model_store.kms_signature import KmsKeys

        return KmsKeys(client("kms", attempts=3), config.verifying_keys).check
    if not config.public_keys:
        return None
    from model_store.signature import PublicKeys

    try:
        return PublicKeys.read(config.public_keys).check
    except ModelStoreError as error:
        raise ConfigInvalid(f"MODEL_PUBLIC_KEYS: {error}") from None
