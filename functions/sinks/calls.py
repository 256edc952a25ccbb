"""Calls to a sink's service: begun, then waited for; what fails as a whole is one of two kinds of failure."""

from __future__ import annotations

from aws_client.errors import describe, is_failed_call, may_pass
from sinks.errors import SinkRefused, SinkUnavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# What a garbled body leads parsers to; our own client has an error for that.
_UNREADABLE = (ValueError, TypeError, AttributeError, LookupError)


def begun[T](operation: str, begin: Callable[[], Callable[[], T]]) -> Callable[[], T]:
    """Begin a call; what is returned waits for its answer. Either raises SinkUnavailable, SinkRefused."""
    wait = answered(operation, begin)
    return lambda: answered(operation, wait)


def answered[T](operation: str, step: Callable[[], T]) -> T:
    """One step of a call. Raises SinkUnavailable, SinkRefused."""
    try:
        return step()
    except _UNREADABLE as error:  # the call may have been committed
        raise SinkUnavailable(f"{operation}: expected an answer, got {type(error).__name__}") from None
    except Exception as error:
        if not is_failed_call(error):
            raise
        failure = SinkUnavailable if may_pass(error) else SinkRefused
        raise failure(f"{operation}: {describe(error)}") from None
