"""LocalStack's Kinesis provider, in process; no Node.

LocalStack 2026.3.0 starts kinesis-mock, a Node program: it must be installed beforehand, listens on every interface,
drops a stream's tags at creation, and its PutRecords costs more with every record stored. moto's Kinesis checks little:
a missing parameter is a fault of the server.
Here: every operation is `api.py`'s.
"""

from typing import Any

from localstack.aws.api import CommonServiceException, RequestContext
from localstack.aws.api.kinesis import KinesisApi

from millrace_localstack.plugin.kinesis import account, api, iterators, reads
from millrace_localstack.plugin.kinesis.errors import KinesisError


class InProcessKinesis(KinesisApi):  # type: ignore[misc]
    """The service's name, for LocalStack; `dispatch_table` answers."""


def dispatch_table(provider: InProcessKinesis) -> dict[str, Any]:
    return dict.fromkeys(api.OPERATIONS, _answer)


def _answer(context: RequestContext, request: dict[str, Any]) -> Any:
    try:
        return api.answer(context.account_id, context.region, context.operation, request)
    except KinesisError as error:
        raise CommonServiceException(error.code, error.message, status_code=400, sender_fault=True) from error


def read(shard_iterator: str, limit: int) -> dict[str, Any]:
    """GetRecords without the API around it. Raises KinesisError."""
    here = iterators.position(shard_iterator)
    return reads.read(account.stream_of_arn(here.stream_arn), here, limit)
