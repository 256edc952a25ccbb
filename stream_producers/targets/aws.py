"""AWS clients for producers, and what their errors mean."""

from typing import Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError

from aws_client.errors import may_pass
from stream_producers.targets.retry import TargetCallFailed

_HINTS = {
    "NotFound": "create it, or name another; is the region right?",
    "ResourceNotFoundException": "create it, or name another; is the region right?",
    "ExpiredToken": "renew the credentials",
    "ExpiredTokenException": "renew the credentials",
    "UnrecognizedClientException": "use credentials of the account that owns it",
    "NoCredentialsError": "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "NoRegionError": "set AWS_DEFAULT_REGION",
    "InvalidClientTokenId": "use credentials of the account that owns it",
}


def client(service: str, calls: int) -> Any:
    """A client for `calls` calls at once, by the credentials and endpoint of the environment."""
    return boto3.client(cast(Any, service), config=settings(calls))


def settings(calls: int) -> Config:
    """Settings of a client for `calls` calls at once. It does not retry by itself: the producer does, and counts."""
    return Config(
        connect_timeout=5,
        max_pool_connections=calls,
        parameter_validation=False,  # a quarter of a call's work, for entries that are built right here
        read_timeout=60,
        retries={"total_max_attempts": 1},
    )


def call_failed(error: ClientError | BotoCoreError, target: str) -> TargetCallFailed:
    """What a failed call on `target` ("event stream orders") means: the reason, and whether it may pass."""
    if isinstance(error, ConnectionError | HTTPClientError):
        hint = "is it running, and is AWS_ENDPOINT_URL right?"
        return TargetCallFailed(f"{target} does not answer: {error} ({hint})", may_pass=True)
    if isinstance(error, BotoCoreError):
        return TargetCallFailed(f"{target} cannot be called: {error}{_hint(type(error).__name__)}", may_pass=False)
    code = error.response["Error"]["Code"]
    reason = f"{target} answers {code}: {error.response['Error'].get('Message', '')}{_hint(code)}"
    return TargetCallFailed(reason, may_pass=may_pass(error))


def _hint(code: str) -> str:
    return f" ({_HINTS[code]})" if code in _HINTS else ""
