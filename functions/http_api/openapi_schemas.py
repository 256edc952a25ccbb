"""The bodies of requests and responses, as schemas of an endpoint's OpenAPI document."""

from __future__ import annotations

from http_api import v2
from http_api.errors import CODES
from http_api.event_schema import csv_schema, event_schema, vector_schema
from http_api.tensors import DATATYPES
from scoring.predictions import SCHEMA_VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from http_api.variant import HttpVariant

    Schema = dict[str, Any]

_TEXTS = {"type": "array", "items": {"type": "string"}}


def schemas(variant: HttpVariant) -> Schema:
    """By name, as `ref` names them."""
    return {
        "Event": event_schema(variant.manifest),
        "Vector": vector_schema(variant.manifest),
        "EventOrVector": {"anyOf": [ref("Event"), ref("Vector")]},
        "CsvLine": csv_schema(variant.manifest),
        "Prediction": _prediction(variant),
        "Predictions": {
            "type": "object",
            "properties": {"predictions": {"type": "array", "items": ref("Prediction"), "minItems": 1}},
            "required": ["predictions"],
        },
        "InferRequest": _infer_request(),
        "InferResponse": {
            "type": "object",
            "properties": {
                "model_name": {"type": "string"},
                "model_version": {"type": "string"},
                "id": {"type": "string"},
                "parameters": {"type": "object"},
                "outputs": {"type": "array", "items": ref("Tensor")},
            },
            "required": ["model_name", "model_version", "outputs"],
        },
        "Tensor": _tensor(),
        "TensorMetadata": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "datatype": {"enum": list(DATATYPES)},
                "shape": {"type": "array", "items": {"type": "integer", "minimum": -1}},
            },
            "required": ["name", "datatype", "shape"],
        },
        "ModelMetadata": {
            "type": "object",
            "properties": {
                "name": {"type": "string"},
                "versions": _TEXTS,
                "platform": {"type": "string"},
                "inputs": {"type": "array", "items": ref("TensorMetadata")},
                "outputs": {"type": "array", "items": ref("TensorMetadata")},
            },
            "required": ["name", "versions", "platform", "inputs", "outputs"],
        },
        "ModelReady": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "ready": {"const": True}},
            "required": ["name", "ready"],
        },
        "ServerMetadata": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "version": {"type": "string"}, "extensions": _TEXTS},
            "required": ["name", "version", "extensions"],
        },
        "Problem": {
            "type": "object",
            "properties": {
                "title": {"type": "string"},
                "status": {"type": "integer"},
                "code": {"type": "string", "examples": list(CODES)},
                "path": {"type": "string", "description": "JSON Pointer of the member at fault."},
                "detail": {"type": "string"},
                "error": {"type": "string", "description": "For clients of the Open Inference Protocol."},
                "errors": {"type": "array", "items": {"type": "object"}},
            },
            "required": ["title", "status", "code", "path", "detail", "error"],
        },
    }


def _prediction(variant: HttpVariant) -> Schema:
    output, number = variant.manifest.output, {"type": "number"}
    if output.names:
        score: Schema = {"scores": {"type": "object", "properties": dict.fromkeys(output.names, number)}}
    elif variant.classes > 1:
        count = variant.classes
        score = {"scores": {"type": "array", "items": number, "minItems": count, "maxItems": count}}
    else:
        score = {"score": number}
    label = {"label": {"enum": list(output.labels)}} if v2.LABEL in v2.output_names(variant) else {}
    text = {"type": "string"}
    return {
        "type": "object",
        "properties": {
            "schema_version": {"const": SCHEMA_VERSION},
            "prediction_id": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "event_id": {"type": ["string", "integer"]},
            "partition_key": text,
            "model": {
                "type": "object",
                "properties": dict.fromkeys(("name", "version", "digest", "variant"), text),
                "required": ["name", "version", "digest", "variant"],
            },
            **score,
            **label,
            "attributions": {"type": "object"},
            "passthrough": {"type": "object"},
            "source": {"type": "object"},
            "scored_at": {"type": "string", "format": "date-time"},
        },
        "required": ["schema_version", "prediction_id", "model", *score, *label, "source", "scored_at"],
    }


def _tensor() -> Schema:
    return {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "datatype": {"enum": list(DATATYPES)},
            "shape": {
                "type": "array",
                "prefixItems": [{"type": "integer", "minimum": 1, "description": "Rows."}],
                "items": {"type": "integer", "minimum": 0},
                "minItems": 1,
            },
            "data": {"type": "array"},
        },
        "required": ["name", "datatype", "shape", "data"],
    }


def _infer_request() -> Schema:
    return {
        "type": "object",
        "properties": {
            "id": {"type": "string", "description": "Echoed; it is no identity."},
            "parameters": {
                "type": "object",
                "properties": {"attributions": {"type": "boolean"}, "binary_data_output": {"type": "boolean"}},
            },
            "inputs": {"type": "array", "items": ref("Tensor"), "minItems": 1},
            "outputs": {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"name": {"type": "string"}, "parameters": {"type": "object"}},
                    "required": ["name"],
                },
            },
        },
        "required": ["inputs"],
    }


def ref(name: str) -> Schema:
    """Of another schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}
