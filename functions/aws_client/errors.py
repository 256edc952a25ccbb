"""Errors of a call, and what they mean to the caller, for these clients and for botocore's.

CallFailed             a call without a result
├── ServiceError       AWS answered with an error: `response` has the shape of botocore's ClientError
├── NotConfigured      the environment lacks credentials or a region: nothing was sent
└── NoAnswer           no response, or one that cannot be read
    ├── NotConnected   no connection: unknown host, connection refused, certificate that does not verify
    ├── CredentialsUnavailable  the container's endpoint gave none: nothing was sent
    ├── TimedOut       AWS may have executed the call
    ├── ConnectionLost AWS may have executed the call
    └── Unreadable     AWS may have executed the call
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Error codes of failures that a retry can fix. Each service has its own name for throttling by KMS.
_PASSING_CODES = frozenset(
    {
        "InternalError", "InternalErrorException", "InternalException", "InternalFailure", "InternalFailureException",
        "InternalServerError", "KMS.ThrottlingException", "KMSThrottling", "KMSThrottlingException", "KmsThrottled",
        "LimitExceededException", "ProvisionedThroughputExceededException", "ReplicatedWriteConflictException",
        "RequestLimitExceeded", "RequestThrottled", "RequestTimeout", "ServiceUnavailable",
        "ServiceUnavailableException", "SlowDown", "Throttled", "ThrottledException", "Throttling",
        "ThrottlingException", "TooManyRequestsException", "TransactionConflictException",
    }
)  # fmt: skip


class CallFailed(Exception):
    """A call without a result. Messages contain host and operation, never the request."""


class ServiceError(CallFailed):
    """AWS answered with an error. `response`: {"Error": {"Code", "Message"}, "ResponseMetadata": {...}}."""

    def __init__(self, response: dict[str, Any], operation: str) -> None:
        status = response["ResponseMetadata"]["HTTPStatusCode"]
        super().__init__(f"{operation}: {response['Error']['Code']} (HTTP {status}): {response['Error']['Message']}")
        self.response, self.operation_name = response, operation


class NotConfigured(CallFailed):
    """The environment lacks a variable that calls need; the message names it."""


class NoAnswer(CallFailed):
    """No response, or one that cannot be read: unless there was no connection, AWS may have executed the call."""


class NotConnected(NoAnswer):
    """The connection could not be opened."""


class CredentialsUnavailable(NoAnswer):
    """The container's endpoint gave no credentials: nothing was sent."""


class TimedOut(NoAnswer):
    """The response, or its end, did not arrive in time."""


class ConnectionLost(NoAnswer):
    """The connection ended before the response did."""


class Unreadable(NoAnswer):
    """The response is not HTTP, or not a response of the operation."""


def is_failed_call(error: Exception) -> bool:
    """Whether an AWS client raised the error: ours, or botocore's, without importing botocore."""
    return isinstance(error, CallFailed) or any(
        kind.__module__.partition(".")[0] == "botocore" for kind in type(error).__mro__
    )


def answered(error: Exception) -> bool:
    """Whether the error is a response from AWS; after any other error, AWS may have executed the call."""
    return isinstance(getattr(error, "response", None), dict)


def error_code(error: Exception) -> str:
    """The service's error code; empty if there is none."""
    code: str = error.response.get("Error", {}).get("Code", "") if answered(error) else ""  # type: ignore[attr-defined]
    return code


def status(error: Exception) -> int:
    """The HTTP status of AWS's response; 0 if there is none."""
    metadata = error.response.get("ResponseMetadata", {}) if answered(error) else {}  # type: ignore[attr-defined]
    return int(metadata.get("HTTPStatusCode", 0))


def may_pass(error: Exception) -> bool:
    """Whether a retry can succeed."""
    if not answered(error):
        return not isinstance(error, NotConfigured)
    return status(error) >= 500 or status(error) == 429 or error_code(error) in _PASSING_CODES


def describe(error: Exception) -> str:
    """The text to log: the service's code, or the error's class; never its message, which can quote the request."""
    return f"{error_code(error)} (HTTP {status(error)})" if answered(error) else type(error).__name__
