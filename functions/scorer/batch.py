"""The Lambda handler of batches: `scorer.batch.handle`. The state machine of terraform/modules/batch calls it."""

from __future__ import annotations

import logging
import os
import time
from functools import cache

from aws_client import Session
from batches.tasks import Tasks
from batches.versions import Versions
from model_store.store import ModelStore
from records.settings import Settings
from records.values import Value
from resilience.deadline import CONNECT_SECONDS, Deadline
from scorer.parts import chosen_engine, signature_check
from serving.config import ServingConfig
from serving.loader import Loader
from telemetry import logs
from telemetry.emf import to_stdout
from telemetry.metrics import Metrics
from workflows.tasks import TASKS as WORKFLOW_TASKS
from workflows.tasks import WorkflowTasks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

LOG = logging.getLogger("scorer")
LOGGERS = ("batches", "model_store", "scorer", "serving", "sources", "workflows")
# Longer than the stream's: objects have megabytes, and no event waits.
READ_SECONDS, ATTEMPTS = 20, 4

logs.as_json()


class BatchConfig(ServingConfig):
    """In addition, where runs are, and the partition of AWS that names of buckets are in."""

    bucket: str
    partition: str

    @classmethod
    def _read(cls, settings: Settings, environment: Mapping[str, str]) -> dict[str, Any]:
        # A run names its version: no release is polled for.
        never = {**environment, "RELEASE_POLL_SECONDS": "0"}
        return super()._read(Settings(never), never) | {
            "bucket": settings.text("BATCH_BUCKET"),
            "partition": settings.text("PARTITION", "aws"),
        }


class AllTasks(Value):
    """The tasks of both state machines."""

    batch: Tasks
    workflow: WorkflowTasks

    def run(self, event: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
        tasks = self.workflow if event.get("task") in WORKFLOW_TASKS else self.batch
        return tasks.run(event, deadline)


def build(environment: Mapping[str, str], *, clients: Any = None, clock: Callable[[], float] = time.time) -> AllTasks:
    """The tasks that the environment configures; makes no call. Raises ConfigInvalid."""
    config = BatchConfig.from_environment(environment)
    for name in LOGGERS:
        logging.getLogger(name).setLevel(config.log_level)
    client = clients or Session(CONNECT_SECONDS, READ_SECONDS, environment=dict(environment)).client
    s3 = client("s3", attempts=ATTEMPTS)
    store = ModelStore(s3, config.model_bucket, config.model_name, memory=config.memory)
    loader = Loader(store, threads=config.threads, signature=signature_check(config, client))
    engine = chosen_engine(config.engine)
    metrics = Metrics(config.function_name, to_stdout, clock)
    return AllTasks(
        Tasks(s3, config.bucket, store, Versions(loader), engine, metrics, clock, config.partition),
        WorkflowTasks(s3, config.bucket, store, Versions(loader, most=2), clock, config.partition),
    )


@cache
def _tasks() -> AllTasks:
    return build(os.environ)


@logs.without_values
def handle(event: Any, context: Any) -> dict[str, Any]:
    """Run one task within the time that Lambda's `context` allows."""
    tasks = _tasks()
    done = tasks.run(event, Deadline(lambda: context.get_remaining_time_in_millis() / 1000))
    LOG.info("task done", extra={logs.MEMBERS: {"task": event["task"], "parts": len(event.get("Items", []))}})
    return done
