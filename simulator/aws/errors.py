"""The errors that botocore raises, made by hand."""

from typing import Any

from botocore.exceptions import ClientError

# What a service answers in each kind of trouble: code and HTTP status.
# https://docs.aws.amazon.com/kinesis/latest/APIReference/CommonErrors.html and its like
ANSWERS: dict[str, dict[str, tuple[str, int]]] = {
    "kinesis": {
        "throttle": ("LimitExceededException", 400),
        "server_error": ("InternalFailure", 500),
        "access_denied": ("AccessDeniedException", 400),
    },
    "sns": {
        "throttle": ("ThrottledException", 429),
        "server_error": ("InternalError", 500),
        "access_denied": ("AuthorizationError", 403),
    },
    "sqs": {
        "throttle": ("RequestThrottled", 400),
        "server_error": ("ServiceUnavailable", 503),
        "access_denied": ("AccessDeniedException", 403),
    },
    "dynamodb": {
        "throttle": ("ThrottlingException", 400),
        "server_error": ("InternalServerError", 500),
        "access_denied": ("AccessDeniedException", 400),
    },
    "events": {
        "throttle": ("ThrottlingException", 400),
        "server_error": ("InternalException", 500),
        "access_denied": ("AccessDeniedException", 400),
    },
    "firehose": {
        "throttle": ("ServiceUnavailableException", 503),
        "server_error": ("InternalFailure", 500),
        "access_denied": ("AccessDeniedException", 400),
    },
    "s3": {
        "throttle": ("SlowDown", 503),
        "server_error": ("InternalError", 500),
        "access_denied": ("AccessDenied", 403),
    },
    "lambda": {
        "throttle": ("TooManyRequestsException", 429),
        "server_error": ("ServiceException", 500),
        "access_denied": ("AccessDeniedException", 403),
    },
}


class NoSuchKey(ClientError):  # type: ignore[misc]  # botocore has no type information
    """As `client.exceptions.NoSuchKey`."""


class Exceptions:
    """As a client's `exceptions`."""

    ClientError = ClientError
    NoSuchKey = NoSuchKey


def client_error(
    operation: str, code: str, status: int, message: str = "simulated", kind: type[Exception] = ClientError
) -> Exception:
    """The error that botocore raises for an error response."""
    response: dict[str, Any] = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "simulated", "RetryAttempts": 0},
    }
    error: Exception = kind(response, operation)
    return error
