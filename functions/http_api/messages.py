"""An HTTP request and its response, whatever server or event they came by."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

ANONYMOUS = "anonymous"
_NONE: Mapping[str, str] = {}


class HttpRequest:
    """method : in capitals. path : decoded, without the stage. headers : by their names in lower case.

    address : the path as the client sent it, with the stage; empty where it is not known.
    caller : who was authorized: an IAM principal's ARN, an API key's id, a token's issuer and subject, or ANONYMOUS.
    One is made for each request, and so no `Value`, which takes ten times as long.
    """

    __slots__ = ("address", "body", "caller", "headers", "method", "path", "query")

    def __init__(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] = _NONE,
        headers: Mapping[str, str] = _NONE,
        body: bytes = b"",
        caller: str = ANONYMOUS,
        address: str = "",
    ) -> None:
        self.method, self.path, self.query = method, path, query
        self.headers, self.body, self.caller, self.address = headers, body, caller, address


class HttpResponse:
    """headers : names in lower case. body : as it is sent."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes = b"") -> None:
        self.status, self.headers, self.body = status, headers, body
