"""JSON Schema (2020-12) of a model's events, from its manifest."""

from __future__ import annotations

from copy import replace

from records import json_pointer
from records.categories import CategoryCodes
from scoring.members import parents_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from model_store.feature import Feature
    from model_store.manifest import Manifest

    Schema = dict[str, Any]

# From this number on float32 has infinity only. The largest integer is as a double below it, too.
TOO_LARGE = float(2**128 - 2**103)
LARGEST_INTEGER = 2**128 - 2**103 - 2**74 - 1
# Numbers as text, in the spellings that are always within float32.
_FLOAT = r"^-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,20})?([eE][+-]?[0-9])?$"
_INTEGER = r"^-?(0|[1-9][0-9]{0,20})(\.0{1,20})?$"
_TEXT_OF: dict[str, Schema] = {
    "float": {"type": "string", "pattern": _FLOAT},
    "int": {"type": "string", "pattern": _INTEGER},
    "bool": {"enum": ["true", "false", "True", "False", "TRUE", "FALSE", 0, 1]},
}


def event_schema(manifest: Manifest) -> Schema:
    """The schema of one event as a JSON object: features and the event's id at their paths.

    An event in an envelope is described as an object only.
    """
    if manifest.event.unwrap != "none":
        return {"type": "object", "description": f"An event in its envelope: {manifest.event.unwrap}"}
    event: Schema = {"type": "object", "properties": {}}
    parents = parents_of(manifest)
    for feature in manifest.features:
        holder = _holder(event, feature.tokens[:-1], required=len(parents) == 1)
        holder["properties"][feature.key] = described(_value_schema(manifest, feature), manifest, feature)
        if not feature.allow_missing and len(parents) == 1:
            holder.setdefault("required", []).append(feature.key)
    if len(parents) == 1:
        _some_feature(_holder(event, parents[0], required=True), manifest)
    if (event_id := manifest.event.event_id_tokens) is not None:
        kind = "integer" if manifest.event.event_id_type == "integer" else "string"
        holder = _holder(event, event_id[:-1], required=False)
        holder["properties"].setdefault(event_id[-1], {"type": kind, "description": "Copied into the prediction."})
    return event


def vector_schema(manifest: Manifest) -> Schema:
    """The schema of an event as an array of values, in the manifest's order."""
    count = len(manifest.features)
    return {
        "type": "array",
        "description": f"The values of {', '.join(feature.name for feature in manifest.features)}.",
        "prefixItems": [
            described(_value_schema(manifest, feature), manifest, feature) for feature in manifest.features
        ],
        "minItems": count,
        "maxItems": count,
    }


def training_range(manifest: Manifest, feature: Feature) -> str:
    """The range of a number in the training data, in words; empty where the manifest has none."""
    cells = manifest.baseline.get("features", {}).get(feature.name, {})
    edges = cells.get("edges") if feature.type in ("float", "int") and isinstance(cells, dict) else None
    return f"in the training data {edges[0]:g} to {edges[-1]:g}" if edges else ""


def described(schema: Schema, manifest: Manifest, feature: Feature) -> Schema:
    """The schema with the range in the training data."""
    found = training_range(manifest, feature)
    return {**schema, "description": f"{found[0].upper()}{found[1:]}."} if found else schema


def csv_schema(manifest: Manifest) -> Schema:
    """The schema of a line of CSV as an array of its fields."""
    count = len(manifest.features)
    return {
        "type": "array",
        "description": "A line of CSV without a header, in the manifest's order; an empty field is a missing value.",
        "prefixItems": [_field_schema(manifest, feature) for feature in manifest.features],
        "minItems": count,
        "maxItems": count,
    }


def _field_schema(manifest: Manifest, feature: Feature) -> Schema:
    """All fields of CSV are text."""
    if manifest.preparation is not None:
        schema = _value_schema(manifest, feature)
        return schema | {"minLength": 1, "not": {"pattern": "\\n"}}
    if feature.type == "category" and feature.unknown_category == "missing":
        text = {"type": "string", "not": {"pattern": "\\n"}}  # a line ends the event, also in quotes
        return {"anyOf": [text, {"type": ["number", "boolean", "null"]}]}
    schema = feature_schema(replace(feature, accept_text=True))
    return {"anyOf": [schema, {"const": ""}]} if feature.allow_missing else schema


def _value_schema(manifest: Manifest, feature: Feature) -> Schema:
    return feature_schema(feature) if manifest.preparation is None else manifest.preparation.schema()


def feature_schema(feature: Feature) -> Schema:
    """The schema of a feature's value: type, range and categories; null where it may be missing."""
    kinds = _category(feature) if feature.type == "category" else [_number(feature)]
    if feature.accept_text and feature.type in _TEXT_OF:
        kinds.append(_TEXT_OF[feature.type])
    if feature.allow_missing:
        kinds.append({"type": "null"})
    return kinds[0] if len(kinds) == 1 else {"anyOf": kinds}


def _number(feature: Feature) -> Schema:
    if feature.type == "bool":
        return {"type": "boolean"}
    if feature.type == "int":
        return {"type": "integer", "minimum": -LARGEST_INTEGER, "maximum": LARGEST_INTEGER}
    return {"type": "number", "exclusiveMinimum": -TOO_LARGE, "exclusiveMaximum": TOO_LARGE}


def _category(feature: Feature) -> list[Schema]:
    """The categories; where unknown ones count as missing, every value of their types."""
    codes = CategoryCodes(feature.categories)
    missing = [value for value in feature.missing_values if type(value) is str]
    if feature.unknown_category == "missing":
        kinds: list[Schema] = [{"type": "string", "examples": list(feature.categories)}]
        kinds += [{"type": "number"}] if codes.numbers else []
        return kinds + ([{"type": "boolean"}] if codes.booleans else [])
    return [{"enum": [*dict.fromkeys([*feature.categories, *missing]), *codes.numbers, *codes.booleans]}]


def _holder(event: Schema, path: tuple[str, ...], *, required: bool) -> Schema:
    """The schema of the object at a path, made where it is not there. required : every object on the way."""
    for token in path:
        if required and token not in event.setdefault("required", []):
            event["required"].append(token)
        event = event["properties"].setdefault(token, {"type": "object" if required else ["object", "null"]})
        event.setdefault("properties", {})
    return event


def _some_feature(holder: Schema, manifest: Manifest) -> None:
    """An event has at least one of the model's features, not all absent."""
    if all(feature.allow_missing for feature in manifest.features):
        holder["anyOf"] = [{"required": [feature.key]} for feature in manifest.features]


def pointer_of(feature: Feature) -> str:
    return json_pointer.write(feature.tokens)
