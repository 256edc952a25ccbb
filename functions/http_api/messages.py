"""An HTTP request and its response, whatever server or event they came by."""

from __future__ import annotations

from records.values import Value, made

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

ANONYMOUS = "anonymous"


class HttpRequest(Value):
    """method : in capitals. path : decoded, without the stage. headers : by their names in lower case.

    caller : who was authorized: an IAM principal's ARN, an API key's id, a token's issuer and subject, or ANONYMOUS.
    """

    method: str
    path: str
    query: Mapping[str, str] = made(default_factory=dict)
    headers: Mapping[str, str] = made(default_factory=dict)
    body: bytes = b""
    caller: str = ANONYMOUS

    @property
    def content_type(self) -> str:
        """The media type, without parameters; empty where the client sent none."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class HttpResponse(Value):
    """headers : names in lower case. body : as it is sent."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
