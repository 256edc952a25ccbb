"""Rows to the bytes that a model's manifest reads: the inverse of functions/scoring/events.

row → object, array, line or request → envelope → several events in a record → gzip
"""

import csv
import gzip
import io
import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from millrace.errors import UserError
from millrace.replay.envelopes import ENCODE, WRAP, dump
from model_store.event_format import BYTES, CSV, INTEGER, JSON, MANY, OPEN_INFERENCE, VECTOR
from model_store.feature import Feature
from model_store.manifest import Manifest
from records import json_pointer

Values = Mapping[str, Any]
EventId = str | int
Tokens = tuple[str, ...]
_DATATYPES = {"float": "FP64", "int": "INT64", "bool": "BOOL", "category": "BYTES"}
# An array with a greater index would be mostly null: then its items are members of an object, which is read likewise.
_MOST_ITEMS = 1_000


class EventBuilder:
    """Builds the events of one model, and records of them."""

    def __init__(self, manifest: Manifest) -> None:
        self._manifest, self._event = manifest, manifest.event
        self._arrays = _arrays(manifest.features)
        names = {feature.name for feature in manifest.features}
        passing = [json_pointer.parse(path) for path in manifest.event.passthrough]
        self._carried = {path[-1]: path for path in passing if path[-1] not in names}
        self._outer_paths = passing + ([at] if (at := manifest.event.event_id_tokens) else [])
        self.several = manifest.event.events_per_record == MANY
        self._build: Callable[[EventId, Values], bytes] = {
            JSON: self._object,
            VECTOR: self._vector,
            CSV: self._line,
            OPEN_INFERENCE: self._request,
            BYTES: self._value,
        }[manifest.event.format]

    @property
    def carried(self) -> Collection[str]:
        """The names of the members that are copied into predictions, without those that are features."""
        return self._carried.keys()

    def event(self, event_id: str, values: Values) -> bytes:
        """The event of a row. Raises UserError where the format cannot say the row.

        values : JSON values by the name of the feature, or of a member that passes through (`carried`); one that is
            absent is missing.
        """
        return self._build(self._id(event_id), values)

    def record(self, events: Sequence[bytes]) -> bytes:
        """The record that holds these events: one, unless `several`. Raises UserError."""
        joined = _merged(events) if self._event.format == OPEN_INFERENCE and len(events) > 1 else b"\n".join(events)
        return self.packed(joined)

    def packed(self, data: bytes) -> bytes:
        """A record, compressed where the manifest reads it so. Raises UserError."""
        most = self._event.max_inflated
        if most is None:
            return data
        if len(data) > most:
            raise UserError(
                f"expected at most {most:,} bytes in a record of {self._manifest.name}, got {len(data):,}: "
                "put fewer events into each (--per-record)"
            )
        return gzip.compress(data, mtime=0)

    def _id(self, event_id: str) -> EventId:
        if self._event.event_id is None or self._event.event_id_type != INTEGER:
            return event_id
        try:
            return int(event_id)
        except ValueError:
            raise UserError(
                f"id {event_id!r}: expected an integer, as {self._manifest.name} {self._manifest.version} reads: "
                "name the column with --id"
            ) from None

    def _object(self, event_id: EventId, values: Values) -> bytes:
        event: dict[str, Any] = {}
        for feature in self._manifest.features:
            if feature.name in values:
                _put(event, feature.tokens, values[feature.name])
        sent = WRAP[self._event.unwrap](event, self._outer_paths)
        self._complete(sent, event_id, values)
        for name in event:
            event[name] = _with_arrays(event[name], (name,), self._arrays)
        return dump(ENCODE.get(self._event.unwrap, dict)(sent)).encode()

    def _complete(self, sent: dict[str, Any], event_id: EventId, values: Values) -> None:
        """Add what is no feature: the members that pass through, and the id."""
        for name, path in self._carried.items():
            if name in values:
                _put(sent, path, values[name])
        if at := self._event.event_id_tokens:
            _put(sent, at, event_id)

    def _vector(self, event_id: EventId, values: Values) -> bytes:
        return dump([values.get(feature.name) for feature in self._manifest.features]).encode()

    def _line(self, event_id: EventId, values: Values) -> bytes:
        line = io.StringIO(newline="")
        csv.writer(line, lineterminator="").writerow(
            _field(feature, values.get(feature.name)) for feature in self._manifest.features
        )
        if self.several and any(end in line.getvalue() for end in "\r\n"):
            raise UserError(f"expected texts of one line, as records of {self._manifest.name} have an event a line")
        return line.getvalue().encode()

    def _value(self, event_id: EventId, values: Values) -> bytes:
        """The record is the text, or the image."""
        (feature,), preparation = self._manifest.features, self._manifest.preparation
        value = values.get(feature.name)
        if not isinstance(value, str) or preparation is None:
            raise UserError(f"expected a text in column {feature.name!r}, got nothing")
        try:
            return preparation.alone(value)
        except ValueError:
            raise UserError(
                f"expected an {feature.type} in base64 in column {feature.name!r}, got another text"
            ) from None

    def _request(self, event_id: EventId, values: Values) -> bytes:
        request: dict[str, Any] = {}
        self._complete(request, event_id, values)
        inputs = [
            {
                "name": feature.name,
                "shape": [1, 1],
                "datatype": _DATATYPES.get(feature.type, "BYTES"),
                "data": [values.get(feature.name)],
            }
            for feature in self._manifest.features
        ]
        return dump(request | {"inputs": inputs}).encode()


def _put(document: dict[str, Any], tokens: Sequence[str], value: Any) -> None:
    """Set the member at a path; objects on the way are made."""
    for depth, token in enumerate(tokens[:-1], 1):
        document = document.setdefault(token, {})
        if not isinstance(document, dict):
            path = json_pointer.write(tokens)
            raise UserError(f"{path}: expected an object at {json_pointer.write(tokens[:depth])}, got a value there")
    document[tokens[-1]] = value


def _arrays(features: Sequence[Feature]) -> frozenset[Tokens]:
    """The places in an event that are arrays: all members there are counted, as in /items/0/price.

    A feature that is called `0` itself is a member of that name, as in /features/0.
    """
    members: dict[Tokens, set[tuple[str, bool]]] = {}
    for feature in features:
        tokens = feature.tokens
        for depth in range(1, len(tokens)):
            named = depth == len(tokens) - 1 and tokens[depth] == feature.name
            members.setdefault(tokens[:depth], set()).add((tokens[depth], named))
    return frozenset(
        place
        for place, found in members.items()
        if all(json_pointer.is_index(token) and int(token) < _MOST_ITEMS and not named for token, named in found)
    )


def _with_arrays(value: Any, place: Tokens, arrays: Collection[Tokens]) -> Any:
    """A value with arrays where they are, with null for the items that no feature is at."""
    if not isinstance(value, dict):
        return value
    members = {name: _with_arrays(inner, (*place, name), arrays) for name, inner in value.items()}
    if place not in arrays or not all(map(json_pointer.is_index, members)):
        return members
    return [members.get(str(index)) for index in range(max(map(int, members), default=-1) + 1)]


def _field(feature: Feature, value: Any) -> str:
    """A value as a field of CSV. Raises UserError for the text that would be read as missing."""
    if value == "":
        raise UserError(
            f"feature {feature.name!r}: expected a text, got an empty one, which in a line of CSV is missing"
        )
    return "" if value is None else value if isinstance(value, str) else dump(value)


def _merged(requests: Sequence[bytes]) -> bytes:
    """Open Inference requests of one event each as one request, with a row for each."""
    documents = [json.loads(request) for request in requests]
    first = documents[0]
    for number, tensor in enumerate(first["inputs"]):
        tensor["data"] = [document["inputs"][number]["data"][0] for document in documents]
        tensor["shape"] = [len(documents), 1]
    return dump(first).encode()
