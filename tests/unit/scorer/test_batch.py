"""The batch function's entry point."""

import logging
from typing import Any

import pytest

from batches.errors import BatchRefused
from records.settings import ConfigInvalid
from scorer.batch import build

ENVIRONMENT = {"BATCH_BUCKET": "batches", "MODEL_BUCKET": "models", "MODEL_NAME": "sessions", "AWS_REGION": "eu-west-1"}


def made(**changes: str) -> Any:
    return build(ENVIRONMENT | changes, clients=lambda service, attempts=1: service)


def test_the_tasks_are_made_by_the_environment() -> None:
    tasks = made(PARTITION="aws-cn", LOG_LEVEL="WARNING").batch
    assert (tasks.s3, tasks.bucket, tasks.partition, tasks.store.name) == ("s3", "batches", "aws-cn", "sessions")
    assert logging.getLogger("batches").level == logging.WARNING


@pytest.mark.parametrize("missing", ["BATCH_BUCKET", "MODEL_BUCKET", "MODEL_NAME"])
def test_a_missing_variable_is_named(missing: str) -> None:
    with pytest.raises(ConfigInvalid, match=missing):
        made(**{missing: ""})


def test_a_task_that_is_none_is_refused() -> None:
    with pytest.raises(BatchRefused, match="expected plan, score or finish"):
        made().run({"task": "train"}, None)
