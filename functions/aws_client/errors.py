"""What can go wrong with a call, and what that means to who made it, whichever client it was made with.

CallFailed             a call that brought no result
├── ServiceError       AWS answered with an error: `response` has the shape of botocore's ClientError
├── NotConfigured      the environment lacks credentials or a region: nothing was sent
└── NoAnswer           no answer came, or none that can be read
    ├── NotConnected   no connection: an unknown host, nobody listening, a certificate that does not verify
    ├── TimedOut       the call may have been carried out all the same,
    ├── ConnectionLost here too,
    └── Unreadable     and here
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# A call that failed with one of these can succeed when it is made again. The same throttle of KMS has a name of its
# own in each service.
_PASSING_CODES = frozenset(
    {
        "InternalError", "InternalErrorException", "InternalFailure", "InternalFailureException",
        "KMS.ThrottlingException", "KMSThrottling", "KMSThrottlingException", "KmsThrottled", "LimitExceededException",
        "ProvisionedThroughputExceededException", "RequestLimitExceeded", "RequestThrottled",
        "RequestTimeout", "ServiceUnavailable", "SlowDown", "Throttled", "ThrottledException", "Throttling",
        "ThrottlingException", "TooManyRequestsException",
    }
)  # fmt: skip


class CallFailed(Exception):
    """A call brought no result. Messages hold host and operation, never what was sent."""


class ServiceError(CallFailed):
    """AWS answered with an error. `response`: {"Error": {"Code", "Message"}, "ResponseMetadata": {...}}."""

    def __init__(self, response: dict[str, Any], operation: str) -> None:
        status = response["ResponseMetadata"]["HTTPStatusCode"]
        super().__init__(f"{operation}: {response['Error']['Code']} (HTTP {status}): {response['Error']['Message']}")
        self.response, self.operation_name = response, operation


class NotConfigured(CallFailed):
    """The environment lacks what it takes to make a call; the message says what."""


class NoAnswer(CallFailed):
    """No answer came, or none that can be read: unless there was no connection, the call may have been carried out."""


class NotConnected(NoAnswer):
    """No connection came about."""


class TimedOut(NoAnswer):
    """The answer, or the end of it, did not come in time."""


class ConnectionLost(NoAnswer):
    """The connection ended before the answer did."""


class Unreadable(NoAnswer):
    """What came is not HTTP, or not an answer of the operation."""


def is_failed_call(error: Exception) -> bool:
    """Whether a client of AWS raised the error: ours, or botocore's, which the function does not have to import."""
    return isinstance(error, CallFailed) or any(
        kind.__module__.partition(".")[0] == "botocore" for kind in type(error).__mro__
    )


def answered(error: Exception) -> bool:
    """Whether the error is AWS's own answer; after any other the call may have been carried out."""
    return isinstance(getattr(error, "response", None), dict)


def error_code(error: Exception) -> str:
    """The service's own name for what went wrong; empty where it gave none."""
    code: str = error.response.get("Error", {}).get("Code", "") if answered(error) else ""  # type: ignore[attr-defined]
    return code


def status(error: Exception) -> int:
    """The HTTP status of AWS's answer; 0 where there is none."""
    metadata = error.response.get("ResponseMetadata", {}) if answered(error) else {}  # type: ignore[attr-defined]
    return int(metadata.get("HTTPStatusCode", 0))


def may_pass(error: Exception) -> bool:
    """Whether a call that failed with the error can succeed when it is made again."""
    if not answered(error):
        return not isinstance(error, NotConfigured)
    return status(error) >= 500 or status(error) == 429 or error_code(error) in _PASSING_CODES


def describe(error: Exception) -> str:
    """What to log: the service's code, or the kind of failure; never a message, which can quote what was sent."""
    return f"{error_code(error)} (HTTP {status(error)})" if answered(error) else type(error).__name__
