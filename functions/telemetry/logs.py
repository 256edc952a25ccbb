"""The function's log in JSON, an object a line.

Lambda's own setting (`logging_config.log_format = "JSON"`) would do that to lines of the logging module, but it does it
to the platform's lines too: REPORT loses the form in which Logs Insights finds @billedDuration and @maxMemoryUsed, and
which `millrace report` reads; and LocalStack does not know it. So the function formats its lines itself, in whatever
form the platform writes its own: under either setting Lambda passes on text, and text that is JSON, as it is. The
invocation's line does not come this way, see `emf.to_stdout`.
"""

import json
import logging

from records.timestamps import timestamp

RUNTIME = "awslambdaric"
# What a line says beside its message, by name: `LOG.info("collected", extra={MEMBERS: {"events": 5}})`.
MEMBERS = "members"


class JsonLines(logging.Formatter):
    """A record as one line of JSON; the runtime's handlers write it as it is, so it ends the line itself."""

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


def as_json() -> None:
    """Let the handlers that Lambda's runtime client put up write JSON. Without that client nothing changes."""
    for handler in logging.getLogger().handlers:
        if type(handler).__module__.partition(".")[0] == RUNTIME:
            handler.setFormatter(JsonLines())
