"""The API: a validated request to the operation that answers it."""

from typing import Any

from millrace_localstack.plugin.kinesis.account import ACCOUNTS
from millrace_localstack.plugin.kinesis.operations import (
    Answer,
    Operation,
    Request,
    consumers,
    limits,
    policies,
    records,
    settings,
    shards,
    streams,
    tags,
)
from millrace_localstack.plugin.kinesis.validation import validate

MODULES = (consumers, limits, policies, records, settings, shards, streams, tags)
OPERATIONS: dict[str, Operation] = {name: do for module in MODULES for name, do in module.OPERATIONS.items()}


def answer(account_id: str, region: str, operation: Any, request: Request) -> Answer:
    """`operation`: botocore's model of it. Raises KinesisError, and nothing else for whatever a caller can send."""
    if operation.input_shape is not None:
        validate(operation.input_shape, request)
    return OPERATIONS[operation.name](ACCOUNTS[account_id, region], request)
