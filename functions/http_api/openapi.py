"""The OpenAPI 3.1 document of an endpoint, from the manifest of the model that serves."""

from __future__ import annotations

from http_api.errors import PROBLEM_TYPE
from http_api.events import CSV_TYPE, IMAGE_TYPES, JSON_TYPE, LINES_TYPE
from http_api.openapi_schemas import ref, schemas
from http_api.settings import API_KEY, IAM, TOKEN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from http_api.settings import HttpSettings
    from http_api.variant import HttpServing

    Schema = dict[str, Any]

SECURITY_SCHEMES = {
    API_KEY: {"type": "apiKey", "in": "header", "name": "x-api-key"},
    TOKEN: {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
    IAM: {
        "type": "apiKey",
        "in": "header",
        "name": "authorization",
        "description": "AWS Signature Version 4",
        "x-amazon-apigateway-authtype": "awsSigv4",
    },
}
_VISIBLE = "^[!-~]+$"
_HEADERS = [
    {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "The request's identity: the same key gives the same prediction ids.",
        "schema": {"type": "string", "pattern": _VISIBLE, "minLength": 1, "maxLength": 255},
    },
    {
        "name": "Millrace-Partition-Key",
        "in": "header",
        "description": "Decides between champion and challenger: the same key, the same variant.",
        "schema": {"type": "string", "pattern": _VISIBLE, "minLength": 1, "maxLength": 256},
    },
]
_ATTRIBUTIONS = {
    "name": "attributions",
    "in": "query",
    "description": "Whether predictions have the contributions of the features.",
    "schema": {"type": "boolean"},
}


def document(model: str, serving: HttpServing, settings: HttpSettings) -> Schema:
    """The document as JSON values; `info.version` is the champion's version."""
    variant = serving.champion
    made: Schema = {
        "openapi": "3.1.0",
        "info": {
            "title": f"Predictions of {model}",
            "version": variant.version,
            "description": _description(model, serving),
        },
        "servers": [{"url": "./"}],
        "paths": _paths(model, serving, settings),
        "components": {"schemas": schemas(variant), "responses": _problems()},
        "x-millrace-versions": {one.name: one.version for one in serving.variants.values()},
    }
    if settings.access in SECURITY_SCHEMES:
        made["components"]["securitySchemes"] = {settings.access: SECURITY_SCHEMES[settings.access]}
        made["security"] = [{settings.access: []}]
    return made


def _description(model: str, serving: HttpServing) -> str:
    manifest = serving.champion.manifest
    versions = ", ".join(f"{one.name} {one.version}" for one in serving.variants.values())
    return f"{model}: {manifest.task}, {manifest.framework.described}; serving: {versions}."


def _paths(model: str, serving: HttpServing, settings: HttpSettings) -> Schema:
    infer: Schema = {
        "description": "An inference request: a tensor for each feature, with a value for each row.",
        "parameters": _HEADERS,
        "requestBody": _body({JSON_TYPE: ref("InferRequest")}),
        "responses": _responses(_ok("InferResponse"), 400, 413, 415, 422, 429, 503),
    }
    metadata: Schema = {"responses": _responses(_ok("ModelMetadata"), 429, 503)}
    ready: Schema = {"responses": _responses(_ok("ModelReady"), 429, 503)}
    at = f"/v2/models/{model}"
    images = IMAGE_TYPES if serving.champion.takes_images else ()
    version = {"name": "version", "in": "path", "required": True, "schema": {"enum": _versions(serving)}}
    paths: Schema = {
        "/predict": {"post": _predict("predict", images, instances=False, most=settings.max_events)},
        "/invocations": {"post": _predict("invocations", images, instances=True, most=settings.max_events)},
        "/v2": {"get": {"operationId": "server", "responses": _responses(_ok("ServerMetadata"), 429)}},
        at: {"get": metadata | {"operationId": "model"}},
        f"{at}/ready": {"get": ready | {"operationId": "modelReady"}},
        f"{at}/infer": {"post": infer | {"operationId": "infer"}},
    }
    for path, operation in (("", metadata), ("/ready", ready), ("/infer", infer)):
        method, name = ("post", "Infer") if path == "/infer" else ("get", "Model" + path[1:].title())
        responses: Schema = {**operation["responses"], "404": _problem(404)}
        paths[f"{at}/versions/{{version}}{path}"] = {
            "parameters": [version],
            method: operation | {"operationId": f"version{name}", "responses": responses},
        }
    return paths | (_health() if settings.health_routes else {}) | (_page() if settings.public_page else {})


def _versions(serving: HttpServing) -> list[str]:
    return [variant.version for variant in serving.variants.values()]


def _health() -> Schema:
    live = {"type": "object", "properties": {"live": {"const": True}}, "required": ["live"]}
    ready = {"type": "object", "properties": {"ready": {"const": True}}, "required": ["ready"]}
    empty = {"description": "A model is loaded."}

    def check(name: str, responses: Schema) -> Schema:
        return {"get": {"operationId": name, "security": [], "responses": responses}}

    return {
        "/ping": check("ping", _responses(empty, 503)),
        "/v2/health/live": check("live", {"200": _content(live)}),
        "/v2/health/ready": check("ready", _responses(_content(ready), 503)),
    }


def _page() -> Schema:
    def file(name: str, media: str) -> Schema:
        content = {"description": "As it is.", "content": {media: {"schema": {"type": "string"}}}}
        return {"get": {"operationId": name, "security": [], "responses": {"200": content}}}

    document = {"description": "This document.", "content": {JSON_TYPE: {"schema": {"type": "object"}}}}
    page = file("page", "text/html")
    moved = {"description": "To the same address with a slash at its end."}
    page["get"]["responses"] |= {"308": moved, "503": _problem(503)}
    return {
        "/": page,
        "/page.css": file("style", "text/css"),
        "/page.js": file("script", "text/javascript"),
        "/openapi.json": {"get": {"operationId": "openapi", "security": [], "responses": _responses(document, 503)}},
    }


def _predict(name: str, images: Sequence[str], *, instances: bool, most: int) -> Schema:
    """images : media types of bodies that are an image."""
    events = {"type": "array", "items": ref("EventOrVector"), "minItems": 1, "maxItems": most}
    several = {
        "type": "object",
        "properties": {"instances": events},
        "required": ["instances"],
    }
    rows = {"type": "array", "items": ref("CsvLine"), "minItems": 1, "maxItems": most}
    return {
        "operationId": name,
        "description": "Events as JSON (one, or an array), JSON Lines or CSV; all are scored, or none.",
        "parameters": [*_HEADERS, _ATTRIBUTIONS],
        "requestBody": _body(
            {
                JSON_TYPE: {
                    "anyOf": [ref("Event"), ref("Vector"), events, *([several] if instances else [])]
                },
                LINES_TYPE: events,
                CSV_TYPE: rows,
                **{media: {"type": "string", "contentMediaType": media} for media in images},
            }
        ),
        "responses": _responses(
            {
                "description": "The predictions, in the events' order.",
                "content": {
                    JSON_TYPE: {"schema": {"anyOf": [ref("Prediction"), ref("Predictions")]}},
                    LINES_TYPE: {"schema": {"type": "string"}},
                    CSV_TYPE: {"schema": {"type": "string"}},
                },
            },
            400, 406, 413, 415, 422, 429, 503,
        ),
    }  # fmt: skip


def _problems() -> Schema:
    content = {PROBLEM_TYPE: {"schema": ref("Problem")}}
    meanings = {
        400: "The request or an event in it is invalid; `code` and `path` say what.",
        404: "No such path or version.",
        406: "No media type of `Accept` is served.",
        413: "The body, or the number of events in it, is above the limit.",
        415: "The body's media type or encoding is not read.",
        422: "The request is valid; the model cannot do what it asks for.",
        429: "Too many requests; try again after `Retry-After` seconds.",
        503: "No model is loaded; try again after `Retry-After` seconds.",
    }
    return {f"Problem{status}": {"description": text, "content": content} for status, text in meanings.items()}


def _responses(ok: Schema, *problems: int) -> Schema:
    return {"200": ok} | {str(status): _problem(status) for status in problems}


def _problem(status: int) -> Schema:
    return {"$ref": f"#/components/responses/Problem{status}"}


def _ok(name: str) -> Schema:
    return _content(ref(name))


def _content(schema: Schema) -> Schema:
    return {"description": "As described.", "content": {JSON_TYPE: {"schema": schema}}}


def _body(content: dict[str, Schema]) -> Schema:
    return {"required": True, "content": {media: {"schema": schema} for media, schema in content.items()}}
