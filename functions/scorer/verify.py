"""The Lambda handler that verifies a version before it serves: `scorer.verify.handle`. The release workflow calls it.

It loads the version as a container of the scorer would that serves another one: in a child process first. What reads
a model's bytes is this function, which can write nothing.
"""

from __future__ import annotations

import logging
import os
from functools import cache

from aws_client import Session
from model_store.release import CHALLENGER
from model_store.store import ModelStore
from records.values import Value, as_dict
from resilience.deadline import CONNECT_SECONDS
from scorer.parts import signature_check
from serving.config import ServingConfig
from serving.loader import Loader
from telemetry import logs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

LOGGERS = ("model_store", "scorer", "serving")
READ_SECONDS, ATTEMPTS = 20, 4

logs.as_json()


class Verification(Value):
    """Verifies versions of one model."""

    store: ModelStore
    loader: Loader

    def run(self, version: str, seconds: float) -> dict[str, Any]:
        """Where the version is, once it is verified. Raises ModelStoreError, and what the client raises."""
        pointer = self.store.signed_pointer(version)
        loaded = self.loader.load(CHALLENGER, pointer, isolated=True, seconds=seconds)
        return {"pointer": as_dict(pointer), "scored_by": loaded.scored_by}


def build(environment: Mapping[str, str], *, clients: Any = None) -> Verification:
    """What the environment configures; makes no call. Raises ConfigInvalid."""
    config = ServingConfig.from_environment({**environment, "RELEASE_POLL_SECONDS": "0"})
    for name in LOGGERS:
        logging.getLogger(name).setLevel(config.log_level)
    client = clients or Session(CONNECT_SECONDS, READ_SECONDS, environment=dict(environment)).client
    store = ModelStore(client("s3", attempts=ATTEMPTS), config.model_bucket, config.model_name, memory=config.memory)
    return Verification(store, Loader(store, threads=config.threads, signature=signature_check(config, client)))


@cache
def _verification() -> Verification:
    return build(os.environ)


@logs.without_values
def handle(event: Any, context: Any) -> dict[str, Any]:
    """Verify `event["version"]` within the time that Lambda's `context` allows."""
    return _verification().run(event["version"], context.get_remaining_time_in_millis() / 1000)
