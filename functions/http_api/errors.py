"""Errors of requests: problem details (RFC 9457), which also have the `error` of the Open Inference Protocol.

RequestRefused : a request that is not answered with predictions; it says with which status, code and path.
"""

from __future__ import annotations

import json

from http_api.messages import HttpResponse
from scoring.predictions import NonFiniteScore

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from typing import Any

    from records.faults import Fault

PROBLEM_TYPE = "application/problem+json"
# Of a request whose model is not there yet, or that was sent while others wait: when to try again (seconds).
RETRY = {"retry-after": "5"}
# Faults of one request that are listed.
MOST_FAULTS = 20

# The endpoint's own codes, in addition to those of records.faults.
CODES = (
    "INVALID_HEADER", "INVALID_QUERY", "NOT_FOUND", "NO_SUCH_VERSION", "METHOD_NOT_ALLOWED", "NOT_ACCEPTABLE",
    "TOO_LARGE", "TOO_MANY_EVENTS", "RESPONSE_TOO_LARGE", "UNSUPPORTED_MEDIA_TYPE", "UNSUPPORTED_ENCODING",
    "NO_ATTRIBUTIONS", "TOO_MANY_REQUESTS", "MODEL_UNAVAILABLE", "INTERNAL_ERROR",
    # Of the server in a container.
    "INVALID_REQUEST", "UNAUTHORIZED", "BODY_TIMEOUT", "TOO_MANY_CONNECTIONS",
)  # fmt: skip

TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    404: "Not Found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    408: "Request Timeout",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
}


class RequestRefused(Exception):
    """code : one of records.faults.Code, or of the endpoint's own. path : the JSON Pointer of the member at fault."""

    def __init__(
        self, status: int, code: str, detail: str, path: str = "", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail, self.path, self.headers = status, code, detail, path, headers or {}

    def response(self) -> HttpResponse:
        return problem(self.status, self.code, self.detail, self.path, self.headers)


def problem(
    status: int,
    code: str,
    detail: str,
    path: str = "",
    headers: Mapping[str, str] | None = None,
    errors: Sequence[Mapping[str, str]] = (),
) -> HttpResponse:
    """A response with problem details. errors : where a request has several faults, each with code, path and detail."""
    where = f" at {path}" if path else ""
    members: dict[str, Any] = {
        "title": TITLES[status],
        "status": status,
        "code": code,
        "path": path,
        "detail": detail,
        "error": f"{code}{where}: {detail}",
    }
    if errors:
        members["errors"] = errors
    body = json.dumps(members, separators=(",", ":")).encode("ascii")
    return HttpResponse(status, {"content-type": PROBLEM_TYPE, **(headers or {})}, body)


def invalid(faults: Sequence[tuple[str, Fault]]) -> HttpResponse:
    """The response to a request with events that can never be scored. faults : each with its path in the request."""
    path, first = faults[0]
    errors = [{"code": fault.code, "path": where, "detail": fault.detail} for where, fault in faults[:MOST_FAULTS]]
    status = 422 if isinstance(first, NonFiniteScore) else 400
    return problem(status, first.code, first.detail, path, errors=errors if len(faults) > 1 else ())


def unavailable(detail: str = "no model is loaded yet; try again") -> HttpResponse:
    return problem(503, "MODEL_UNAVAILABLE", detail, headers=RETRY)


def busy(detail: str = "too many requests are waiting; try again") -> HttpResponse:
    """For a server whose queue is full."""
    return problem(429, "TOO_MANY_REQUESTS", detail, headers=RETRY)


def failed() -> HttpResponse:
    """The response to a request that the endpoint itself failed on: the log has the reason."""
    return problem(500, "INTERNAL_ERROR", "the endpoint failed on this request; its log has the reason")
