"""Calls to a sink's service; a call that fails as a whole raises SinkUnavailable or SinkRefused."""

from __future__ import annotations

from aws_client.errors import describe, is_failed_call, may_pass
from sinks.errors import SinkRefused, SinkUnavailable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

# Errors of parsers, raised for a malformed body; our own client raises Unreadable instead.
_UNREADABLE = (ValueError, TypeError, AttributeError, LookupError)


def begun[T](operation: str, begin: Callable[[], Callable[[], T]]) -> Callable[[], T]:
    """Begin a call; the returned function waits for its response. Both raise SinkUnavailable, SinkRefused."""
    wait = answered(operation, begin)
    return lambda: answered(operation, wait)


def answered[T](operation: str, step: Callable[[], T]) -> T:
    """One step of a call. Raises SinkUnavailable, SinkRefused."""
    try:
        return step()
    except _UNREADABLE as error:  # the service may have executed the call
        raise SinkUnavailable(f"{operation}: expected a response, got {type(error).__name__}") from None
    except Exception as error:
        if not is_failed_call(error):
            raise
        failure = SinkUnavailable if may_pass(error) else SinkRefused
        raise failure(f"{operation}: {describe(error)}") from None
