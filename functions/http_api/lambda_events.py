"""Requests in Lambda events, and the responses that Lambda expects.

Payload 1.0, of a REST API: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
Payload 2.0, of an HTTP API and a Function URL: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
"""

from __future__ import annotations

import binascii

from http_api import errors
from http_api.application import secured
from http_api.messages import ANONYMOUS, HttpRequest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from http_api.messages import HttpResponse

# Lambda's own limit of a response, and room for what is around the body.
MOST_RESPONSE_BYTES = 6 * 1024 * 1024 - 16 * 1024
_TEXT = ("application/json", "application/problem+json", "application/jsonlines", "text/", "image/svg+xml")


def request_of(event: Any) -> HttpRequest:
    """The request in an event. Raises KeyError, TypeError and the like for an event that has none."""
    context = event["requestContext"]
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    text = event.get("body") or ""
    body = binascii.a2b_base64(text) if event.get("isBase64Encoded") else text.encode("utf-8", "surrogatepass")
    query = event.get("queryStringParameters") or {}
    if event.get("version") == "2.0":
        http, stage = context["http"], f"/{context.get('stage', '')}"
        path: str = event["rawPath"]
        if path == stage or path.startswith(f"{stage}/"):
            path = path[len(stage) :] or "/"
        return HttpRequest(http["method"], path, query, headers, body, _caller_2(context), event["rawPath"])
    caller, address = _caller_1(context), context.get("path") or ""
    return HttpRequest(event["httpMethod"], _path_1(event), query, headers, body, caller, address)


def response_of(response: HttpResponse) -> dict[str, Any]:
    """The response as Lambda expects it, in either payload."""
    if _size(response) > MOST_RESPONSE_BYTES:
        detail = (
            f"expected a response of up to {MOST_RESPONSE_BYTES} bytes as JSON text; send fewer events in a request"
        )
        response = secured(errors.problem(413, "RESPONSE_TOO_LARGE", detail))
    text = _is_text(response)
    body = response.body.decode() if text else binascii.b2a_base64(response.body, newline=False).decode()
    return {
        "statusCode": response.status,
        "headers": dict(response.headers),
        "body": body,
        "isBase64Encoded": not text,
    }


def _is_text(response: HttpResponse) -> bool:
    return response.headers.get("content-type", "text/").startswith(_TEXT)


def _size(response: HttpResponse) -> int:
    """The bytes of the body as a JSON string: with escapes, or in base64."""
    body = response.body
    if not _is_text(response):
        return len(body) * 4 // 3
    return len(body) + body.count(b'"') + body.count(b"\\") + body.count(b"\n")


def _path_1(event: Mapping[str, Any]) -> str:
    """The path below the stage. `path` itself begins with the base path of a custom domain."""
    path: str = event.get("resource") or event["path"]
    for name, value in (event.get("pathParameters") or {}).items():
        path = path.replace(f"{{{name}+}}", value).replace(f"{{{name}}}", value)
    return path


def _caller_1(context: Mapping[str, Any]) -> str:
    """Who was authorized, by an authorizer, by IAM, or by an API key; in that order, as an API asks for them."""
    authorizer, identity = context.get("authorizer") or {}, context.get("identity") or {}
    return (
        _principal(authorizer.get("claims") or authorizer)
        or identity.get("userArn")
        or identity.get("apiKeyId")
        or ANONYMOUS
    )


def _caller_2(context: Mapping[str, Any]) -> str:
    authorizer = context.get("authorizer") or {}
    token = (authorizer.get("jwt") or {}).get("claims") or authorizer.get("lambda") or {}
    return _principal(token) or (authorizer.get("iam") or {}).get("userArn") or ANONYMOUS


def _principal(token: Mapping[str, Any]) -> str:
    """A token's issuer and subject, or what a Lambda authorizer calls the caller."""
    subject = token.get("sub") or token.get("principalId") or ""
    issuer = token.get("iss") or ""
    return f"{issuer} {subject}" if issuer and subject else str(subject)
