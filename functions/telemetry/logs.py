"""The function's log as JSON, one object per line.

Lambda's own setting (`logging_config.log_format = "JSON"`) also changes the platform's lines: in REPORT, Logs Insights
no longer finds @billedDuration and @maxMemoryUsed, and `millrace report` cannot read it. LocalStack does not support
the setting either. Therefore the function formats its own lines; under either setting Lambda passes JSON text on
unchanged. The line of an invocation is written by `emf.to_stdout` instead.

Python quotes values in the messages of its own errors, an event's too: they are in no line, ours or the runtime's.
"""

from __future__ import annotations

import json
import logging
import traceback
from functools import wraps

from records.timestamps import timestamp

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

RUNTIME = "awslambdaric"
# Further members of a line: `LOG.info("collected", extra={MEMBERS: {"events": 5}})`.
MEMBERS = "members"
LEFT_OUT = "the message is left out: it can quote an event"


class JsonLines(logging.Formatter):
    """Formats a log record as one line of JSON, including the line break, which the runtime's handlers do not add."""

    def format(self, record: logging.LogRecord) -> str:
        members = {
            "timestamp": timestamp(record.created),
            "level": record.levelname,
            "logger": record.name,
            "request_id": getattr(record, "aws_request_id", ""),  # the runtime's filter sets it
            "message": record.getMessage(),
        }
        members |= getattr(record, MEMBERS, {})
        if record.exc_info:
            members["exception"] = self.formatException(record.exc_info)
        return json.dumps(members) + "\n"

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        """The traceback, the first cause first."""
        found, seen, error = list[str](), set[int](), ei[1]
        while error is not None and id(error) not in seen:
            seen.add(id(error))
            raised = type(error).__name__ if _can_quote(error) else f"{type(error).__name__}: {error}"
            found.append("".join(["Traceback:\n", *traceback.format_tb(error.__traceback__), raised]))
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n\n".join(reversed(found))


def _can_quote(error: BaseException) -> bool:
    """Whether the message is Python's. An OSError has the name of a file or a host."""
    return type(error).__module__ == "builtins" and not isinstance(error, OSError)


def without_values(handle: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """A Lambda handler whose errors quote nothing: the runtime logs the message of what is raised."""

    @wraps(handle)
    def handled(event: Any, context: Any) -> Any:
        try:
            return handle(event, context)
        except Exception as error:
            if _can_quote(error):
                error.args = (LEFT_OUT,)
            raise

    return handled


def as_json() -> None:
    """Make the log handlers of Lambda's runtime client write JSON. Other handlers do not change."""
    for handler in logging.getLogger().handlers:
        if type(handler).__module__.partition(".")[0] == RUNTIME:
            handler.setFormatter(JsonLines())
