"""What it costs a mapping to read its stream.

LocalStack 2026.3.0: a mapping calls GetRecords through an AWS client and the gateway, so that each record is
encoded and decoded several times in the one process that all of it runs in: more than half of a mapping's cost.
AWS: reads next to your function, at no cost to it.
Here: a mapping reads the in-process streams directly. The GetRecords call itself is the same for everybody else.
"""

import os
from typing import Any

from localstack.services.lambda_.event_source_mapping.event_processor import (
    CustomerInvocationError,
    PipeInternalError,
)
from localstack.services.lambda_.event_source_mapping.pollers.kinesis_poller import KinesisPoller

from millrace_localstack.plugin.patches import iam


def apply() -> None:
    if os.environ.get("PROVIDER_OVERRIDE_KINESIS") == "in_process":
        KinesisPoller.get_records = _get_records


def _get_records(poller: Any, shard_iterator: str) -> Any:
    from millrace_localstack.plugin.kinesis import provider
    from millrace_localstack.plugin.kinesis.errors import KinesisError

    if iam.applied():
        from millrace_localstack.plugin.iam import mappings

        mappings.check_read(poller)
    try:
        return provider.read(shard_iterator, poller.stream_parameters["BatchSize"])
    except KinesisError as error:
        if error.code == "ExpiredIteratorException":  # a batch was tried for five minutes
            poller.shards = poller.initialize_shards()
            raise PipeInternalError from error
        raise CustomerInvocationError(f"{poller.source_arn} cannot be read: {error.message}") from error
