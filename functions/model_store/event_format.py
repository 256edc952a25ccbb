"""How a record becomes events, and where an event has its id: `event` in a manifest.

Whatever differs from one JSON object in a record, with an id that is text, is opt-in: docs/contracts.md, "Event".
"""

from __future__ import annotations

from model_store import reserved
from model_store.documents import kind
from model_store.errors import DocumentInvalid
from records import json_pointer
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from model_store.documents import Document

JSON, CSV, VECTOR, OPEN_INFERENCE, BYTES = FORMATS = ("json", "csv", "vector", "open-inference", "bytes")
ONE, MANY = EVENTS_PER_RECORD = ("one", "many")
NO_ENVELOPE, CLOUDEVENTS, EVENTBRIDGE, DMS, DEBEZIUM, DYNAMODB, SNS = UNWRAP = (
    "none",
    "cloudevents",
    "eventbridge",
    "dms",
    "debezium",
    "dynamodb",
    "sns",
)
STRING, INTEGER = ID_TYPES = ("string", "integer")
MAX_INFLATED = 64 * 1024 * 1024


class IgnoreRule(Value):
    """Records that are no events: those whose member at `path` is one of the scalars in `equals`."""

    path: str
    equals: tuple[Any, ...]

    @classmethod
    def read(cls, document: Document) -> IgnoreRule:
        document.only(cls.__match_args__)
        values = document.get("equals", list)
        if not values or any(isinstance(value, dict | list) for value in values):
            raise DocumentInvalid(f"{document.path}.equals: expected an array of at least one string, number or such")
        return cls(pointer(document.members.get("path"), f"{document.path}.path"), tuple(values))


class EventFormat(Value):
    """What a record holds.

    event_id : the path of the producer's id, a JSON Pointer; None for events without one.
    event_id_type : the id is a "string", or an "integer".
    format : of an event. events_per_record : "one", or "many": JSON lines, an array, or rows.
    max_inflated : records are compressed with gzip, and inflate to at most this number of bytes; None: not compressed.
    unwrap : the envelope that events are in. ignore : the records that are no events.
    passthrough : the paths of the members that are copied into the prediction.
    """

    event_id: str | None = "/event_id"
    event_id_type: str = STRING
    format: str = JSON
    events_per_record: str = ONE
    max_inflated: int | None = None
    unwrap: str = NO_ENVELOPE
    ignore: tuple[IgnoreRule, ...] = ()
    passthrough: tuple[str, ...] = ()

    @property
    def event_id_tokens(self) -> tuple[str, ...] | None:
        return None if self.event_id is None else json_pointer.parse(self.event_id)

    @property
    def bare(self) -> bool:
        """Whether a record is one JSON object, with an id or without, and nothing is asked of it beyond that."""
        return self == EventFormat(self.event_id, self.event_id_type)

    @property
    def plain(self) -> bool:
        """Whether it is bare, and its id is text."""
        return self.bare and self.event_id is not None and self.event_id_type == STRING

    @classmethod
    def read(cls, document: Document) -> EventFormat:
        """Raises DocumentInvalid."""
        reserved.check(document, "event", MEMBERS)
        event_id, event_id_type = _event_id(document)
        event = cls(
            event_id,
            event_id_type,
            document.one_of("format", FORMATS, JSON),
            document.one_of("events_per_record", EVENTS_PER_RECORD, ONE),
            document.optional("gzip", _max_inflated),
            document.one_of("unwrap", UNWRAP, NO_ENVELOPE),
            tuple(IgnoreRule.read(rule) for rule in document.children("ignore"))
            if "ignore" in document.members
            else (),
            _passthrough(document),
        )
        event._check(document.path)
        return event

    def written(self) -> dict[str, Any]:
        """As it is in a manifest."""
        typed = self.event_id_type == STRING
        return {
            "format": self.format,
            "events_per_record": self.events_per_record,
            "gzip": None if self.max_inflated is None else {"max_bytes": self.max_inflated},
            "unwrap": self.unwrap,
            "ignore": [{"path": rule.path, "equals": list(rule.equals)} for rule in self.ignore],
            "event_id": self.event_id if typed else {"path": self.event_id, "type": self.event_id_type},
            "passthrough": list(self.passthrough),
        }

    def _check(self, where: str) -> None:
        """Only JSON has members to read ids from, to unwrap, to ignore and to pass through."""
        if self.format in (CSV, VECTOR, BYTES):
            for name, value, neutral in (
                ("event_id", self.event_id, "null"), ("unwrap", self.unwrap, "none"),
                ("ignore", self.ignore, "[]"), ("passthrough", self.passthrough, "[]"),
            ):  # fmt: skip
                if value and value != "none":
                    raise DocumentInvalid(f"{where}.{name}: expected {neutral}: a {self.format} event has no members")
        if self.format == BYTES and self.events_per_record != ONE:
            raise DocumentInvalid(f"{where}.events_per_record: expected one: the record is the text or the image")
        if self.format == OPEN_INFERENCE and self.unwrap != NO_ENVELOPE:
            raise DocumentInvalid(f"{where}.unwrap: expected none: an open-inference request is in no envelope")


MEMBERS = ("format", "events_per_record", "gzip", "unwrap", "ignore", "event_id", "passthrough")


def pointer(value: Any, path: str) -> str:
    """A JSON Pointer to a member: not to the whole event. Raises DocumentInvalid."""
    if not isinstance(value, str):
        raise DocumentInvalid(f"{path}: expected a string, got {kind(value)}")
    try:
        if json_pointer.parse(value):
            return value
    except ValueError as error:
        raise DocumentInvalid(f"{path}: {error}") from None
    raise DocumentInvalid(f"{path}: expected a member's JSON Pointer, got that of the whole event")


def _event_id(document: Document) -> tuple[str | None, str]:
    """The path, and what the id is: `"/id"`, `{"path": "/id", "type": "integer"}`, or null."""
    value = document.members.get("event_id", "/event_id")
    if value is None:
        return None, STRING
    if not isinstance(value, dict):
        return pointer(value, f"{document.path}.event_id"), STRING
    typed = document.child("event_id")
    typed.only(("path", "type"))
    return pointer(typed.members.get("path"), f"{typed.path}.path"), typed.one_of("type", ID_TYPES)


def _max_inflated(value: Any, path: str) -> int:
    found = value.get("max_bytes") if isinstance(value, dict) and value.keys() == {"max_bytes"} else None
    if type(found) is not int or not 1 <= found <= MAX_INFLATED:
        raise DocumentInvalid(f'{path}: expected {{"max_bytes": 1 to {MAX_INFLATED}}}, or null')
    return found


def _passthrough(document: Document) -> tuple[str, ...]:
    paths = document.strings("passthrough", [])
    for i, path in enumerate(paths):
        pointer(path, f"{document.path}.passthrough[{i}]")
    if len({json_pointer.parse(path)[-1] for path in paths}) != len(paths):
        raise DocumentInvalid(f"{document.path}.passthrough: expected another name at the end of each path")
    return paths
