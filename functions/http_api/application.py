"""The application: which route a request is for, and what it gives. Pure: it makes no call, and holds no state."""

from __future__ import annotations

import json
import time

from http_api import errors, v2
from http_api.errors import RequestRefused
from http_api.events import EventsRequest
from http_api.messages import HttpRequest, HttpResponse
from http_api.parsed import ParsedRequest, RequestIdentity
from records.faults import Fault

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from http_api.parsed import RequestAnswer
    from http_api.settings import HttpSettings
    from http_api.variant import HttpServing, HttpVariant

VERSION = "1"  # of the endpoint, in the server's metadata
PREDICT, INVOCATIONS, PING, SERVER, MODELS = "/predict", "/invocations", "/ping", "/v2", "/v2/models/"
LIVE, READY = "/v2/health/live", "/v2/health/ready"
OPENAPI = "/openapi.json"
PAGE_ROUTES = ("/", "/page.css", "/page.js", OPENAPI)
GET, POST = "GET", "POST"
SECURITY = {
    "strict-transport-security": "max-age=63072000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}


class Application:
    """model : the name of the model that serves. clock : seconds since the epoch."""

    def __init__(self, model: str, settings: HttpSettings, clock: Callable[[], float] = time.time) -> None:
        self.model, self._settings, self._clock = model, settings, clock

    def parse(self, request: HttpRequest, serving: HttpServing | None) -> HttpResponse | ParsedRequest:
        """The response to a request that needs no prediction, and to one that is refused; else what is to be scored.

        serving : None while no model is loaded.
        """
        try:
            found = self._routed(request, serving)
        except RequestRefused as refused:
            found = refused.response()
        except Fault as fault:
            found = errors.invalid([(fault.path, fault)])
        if isinstance(found, ParsedRequest):
            return found
        return secured(HttpResponse(found.status, found.headers) if request.method == "HEAD" else found)

    def reply(self, request: ParsedRequest, answer: RequestAnswer) -> HttpResponse:
        """The response to a request whose events were scored."""
        if answer.faults:
            faults = sorted(answer.faults, key=lambda fault: fault[0])
            return secured(errors.invalid([(where, fault) for _, where, fault in faults]))
        try:
            return _answered(request, answer)
        except RequestRefused as refused:
            return secured(refused.response())

    def _routed(self, request: HttpRequest, serving: HttpServing | None) -> HttpResponse | ParsedRequest:
        """Raises RequestRefused, Fault."""
        path = request.path
        if path in (PREDICT, INVOCATIONS):
            _method(request, POST)
            loaded = _loaded(serving)
            return EventsRequest(
                self._body(request),
                RequestIdentity(self.model, request, self._clock()),
                instances=path == INVOCATIONS,
                most=self._settings.max_events,
                images=loaded.champion.takes_images,
            )
        if path.startswith(MODELS):
            return self._model(request, path.removeprefix(MODELS).split("/"), serving)
        if path == SERVER:
            _method(request, GET)
            return _json(v2.server_metadata(VERSION))
        if path in PAGE_ROUTES and self._settings.public_page:
            _method(request, GET)
            return self._public(request, serving)
        if path in (PING, LIVE, READY) and self._settings.health_routes:
            _method(request, GET)
            return _health(path, serving)
        raise _not_found()

    def _model(
        self, request: HttpRequest, parts: list[str], serving: HttpServing | None
    ) -> HttpResponse | ParsedRequest:
        """`<name>[/versions/<version>][/ready | /infer]`. Raises RequestRefused, Fault."""
        name, *rest = parts
        version = ""
        if rest[:1] == ["versions"] and len(rest) > 1:
            version, rest = rest[1], rest[2:]
        if name != self.model or rest not in ([], ["ready"], ["infer"]) or ("versions" in parts[1:2]) > bool(version):
            raise _not_found()
        _method(request, POST if rest == ["infer"] else GET)
        variant = _version(_loaded(serving), version)
        assert serving is not None  # noqa: S101 - for the type checker
        if rest == ["infer"]:
            identity = RequestIdentity(self.model, request, self._clock())
            return v2.InferRequest(self._body(request), identity, serving, version, most=self._settings.max_events)
        if rest == ["ready"]:
            return _json({"name": self.model, "ready": True})
        return _json(v2.model_metadata(self.model, serving, variant))

    def _public(self, request: HttpRequest, serving: HttpServing | None) -> HttpResponse:
        """The page, its files, and the OpenAPI document of the release that serves. Raises RequestRefused."""
        from http_api import openapi, page

        path = request.path
        if path == "/" and request.address and not request.address.endswith("/"):
            return _with_slash(request.address)
        if path in page.FILES:
            name, media = page.FILES[path]
            return HttpResponse(200, {"content-type": media}, page.file(name))
        serving = _loaded(serving)
        if path == OPENAPI:
            return _json(openapi.document(self.model, serving, self._settings))
        text = page.page(self.model, serving, self._settings.access)
        headers = {"content-type": "text/html; charset=utf-8", "content-security-policy": page.POLICY}
        return HttpResponse(200, headers, text.encode())

    def _body(self, request: HttpRequest) -> HttpRequest:
        """The request with its body as it was before compression. Raises RequestRefused, Fault."""
        most = self._settings.max_body_bytes
        if len(request.body) > most:
            raise RequestRefused(413, "TOO_LARGE", f"expected a body of up to {most} bytes, got {len(request.body)}")
        encoding = request.headers.get("content-encoding", "identity").lower()
        if encoding in ("identity", ""):
            return request
        if encoding != "gzip":
            raise RequestRefused(415, "UNSUPPORTED_ENCODING", "Content-Encoding: expected gzip, or none")
        from records.gunzip import InflatedTooLarge, gunzip

        try:
            body = gunzip(request.body, most)
        except InflatedTooLarge:
            raise RequestRefused(413, "TOO_LARGE", f"expected a body of up to {most} bytes, inflated") from None
        return HttpRequest(request.method, request.path, request.query, request.headers, body, request.caller)


def _answered(request: ParsedRequest, answer: RequestAnswer) -> HttpResponse:
    """As `secured`. Raises RequestRefused."""
    variant = answer.rows[0].variant
    if request.version and variant.version != request.version:
        raise _no_version()
    if answer.unexplained:
        raise RequestRefused(422, "NO_ATTRIBUTIONS", f"model version {variant.version} has no feature attributions")
    response = request.response(answer)
    named = {"millrace-model-version": variant.version, "millrace-variant": variant.name}
    response.headers = {**SECURITY, **response.headers, **named}
    return response


def secured(response: HttpResponse) -> HttpResponse:
    """The response with the headers that every response has; its own take precedence."""
    response.headers = {**SECURITY, **response.headers}
    return response


def _health(path: str, serving: HttpServing | None) -> HttpResponse:
    if path == LIVE:
        return _json({"live": True})
    if serving is None:
        return errors.unavailable()
    return HttpResponse(200, {}) if path == PING else _json({"ready": True})


def _json(members: Mapping[str, Any], status: int = 200) -> HttpResponse:
    body = json.dumps(members, separators=(",", ":")).encode("ascii")
    return HttpResponse(status, {"content-type": "application/json"}, body)


def _with_slash(address: str) -> HttpResponse:
    """To the page's own address: from `/live`, a browser would look for the page's files and `predict` next to it."""
    return HttpResponse(308, {"location": f"./{address.rpartition('/')[2]}/"})


def _method(request: HttpRequest, expected: str) -> None:
    """Raises RequestRefused. HEAD is GET without the body."""
    allowed = (GET, "HEAD") if expected == GET else (expected,)
    if request.method not in allowed:
        detail = f"expected {' or '.join(allowed)}"
        raise RequestRefused(405, "METHOD_NOT_ALLOWED", detail, headers={"allow": ", ".join(allowed)})


def _loaded(serving: HttpServing | None) -> HttpServing:
    if serving is None:
        raise RequestRefused(503, "MODEL_UNAVAILABLE", "no model is loaded yet; try again", headers=errors.RETRY)
    return serving


def _version(serving: HttpServing, version: str) -> HttpVariant:
    """Raises RequestRefused."""
    if not version:
        return serving.champion
    if (named := serving.named(version)) is None:
        raise _no_version()
    return named


def _no_version() -> RequestRefused:
    return RequestRefused(404, "NO_SUCH_VERSION", "expected a version that serves; GET /v2/models/<name> lists them")


def _not_found() -> RequestRefused:
    return RequestRefused(404, "NOT_FOUND", "no such path; see /v2/models/<name>, /predict and /invocations")
