"""The Lambda handler: `release_workflow.handler.handle`.

The state machine calls it for its steps, and a rule after executions that were stopped.
"""

from __future__ import annotations

import logging
import os
import time
from functools import cache

from aws_client import Session
from model_store.store import ModelStore
from records.settings import Settings
from releases.evidence import Evidence
from releases.locked_release import LockedRelease
from releases.notices import Notices
from releases.past import PastRuns
from releases.record import Records
from releases.tasks import ReleaseTasks
from resilience.deadline import CONNECT_SECONDS
from telemetry import logs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

LOGGERS = ("model_store", "releases")
READ_SECONDS, ATTEMPTS = 10, 4
MOST_EVIDENCE_SECONDS = 90 * 24 * 3600

logs.as_json()


def build(
    environment: Mapping[str, str], *, clients: Any = None, clock: Callable[[], float] = time.time
) -> ReleaseTasks:
    """The steps that the environment configures; makes no call. Raises ConfigInvalid."""
    settings = Settings(environment)
    for name in LOGGERS:
        logging.getLogger(name).setLevel(settings.text("LOG_LEVEL", "INFO"))
    client = clients or Session(CONNECT_SECONDS, READ_SECONDS, environment=dict(environment)).client
    s3, bucket, model = client("s3", attempts=ATTEMPTS), settings.text("MODEL_BUCKET"), settings.text("MODEL_NAME")
    store = ModelStore(s3, bucket, model)
    return ReleaseTasks(
        store,
        LockedRelease(store, Records(s3, bucket, model), clock),
        Evidence(s3, settings.text("EVALUATION_BUCKET"), model),
        Notices(client("sns", attempts=ATTEMPTS), settings.text("TOPIC_ARN")),
        PastRuns(s3, settings.text("BATCH_BUCKET", "")),
        settings.shares("STAGE_SHARES"),
        settings.whole("EVIDENCE_SECONDS", 1, MOST_EVIDENCE_SECONDS),
        settings.one_of("APPROVAL", ("required", "optional"), "optional") == "required",
        clock,
    )


@cache
def _tasks() -> ReleaseTasks:
    return build(os.environ)


@logs.without_values
def handle(event: Any, context: Any) -> dict[str, Any]:
    """Do one step."""
    return _tasks().run(event)
