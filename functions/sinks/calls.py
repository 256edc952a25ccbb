"""Calls to a sink's service: begun, then waited for; what failed is one of two kinds of failure."""

from collections.abc import Callable
from typing import Any

from aws_client.errors import describe, is_failed_call, may_pass
from sinks.sink import SinkRefused, SinkUnavailable

# What a garbled body leads botocore's parsers to; our own client has an error for that.
_UNREADABLE = (ValueError, TypeError, AttributeError, LookupError)


def begun(client: Any, operation: str, *arguments: Any, **named: Any) -> Callable[[], Any]:
    """A call that was begun, if the client makes calls in two steps as our own does; else one that was made."""
    if begin := getattr(client, f"begin_{operation}", None):
        wait = answered(operation, lambda: begin(*arguments, **named))
        return lambda: answered(operation, wait)
    answer = answered(operation, lambda: getattr(client, operation)(*arguments, **named))
    return lambda: answer


def answered(operation: str, step: Callable[[], Any]) -> Any:
    try:
        return step()
    except _UNREADABLE as error:  # the call may have been committed
        raise SinkUnavailable(f"{operation}: expected an answer, got {type(error).__name__}") from None
    except Exception as error:
        if not is_failed_call(error):
            raise
        failure = SinkUnavailable if may_pass(error) else SinkRefused
        raise failure(f"{operation}: {describe(error)}") from None
