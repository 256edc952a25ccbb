"""What a command's options say of events, as members of a manifest."""

import json
from collections.abc import Mapping, Sequence
from copy import replace
from dataclasses import dataclass
from typing import Any

from millrace.errors import UserError
from model_store.artifact import Artifact
from model_store.documents import Document
from model_store.errors import DocumentInvalid
from model_store.event_format import (
    CLOUDEVENTS,
    DEBEZIUM,
    DMS,
    DYNAMODB,
    EVENTBRIDGE,
    INTEGER,
    JSON,
    MANY,
    NO_ENVELOPE,
    ONE,
    SNS,
    EventFormat,
)
from model_store.feature import CAPTURE_RULES, Feature, members_of
from model_store.manifest import Manifest
from model_store.verify import verify

NONE, ALL = "none", "all"
# Where the envelopes themselves have an id; events in the others are known by their position.
_IDS = {
    NO_ENVELOPE: "/event_id",
    CLOUDEVENTS: "/id",
    EVENTBRIDGE: "/id",
    DYNAMODB: "/eventID",
    SNS: "/MessageId",
}
# Records of change streams that are no events to score: what concerns a table, and deleted rows.
_IGNORED: Mapping[str, Sequence[str]] = {
    DMS: ("/metadata/record-type=control", "/metadata/operation=delete"),
    DEBEZIUM: tuple(f"{change}/op={op}" for change in ("", "/payload") for op in ("d", "t")),
    DYNAMODB: ("/eventName=REMOVE",),
}


@dataclass(frozen=True, slots=True)
class EventOptions:
    """As the options of `millrace model train` and `import`; None, or empty, where an option was left out.

    event_id : a path, or `none`. integer_id : whether the id is an integer.
    features_path : the object that has the features ("": the event itself). paths : `feature=path`.
    accept_text : names of features, or `all`. capture : `feature=rule`, what data capture keeps of a feature.
    ignore : `path=value`, with a JSON scalar or plain text for the value, in addition to what an envelope has that is
        no event; `none`: nothing is ignored.
    several : whether a record may hold several events. gzip : bytes that a compressed record may inflate to.
    """

    event_id: str | None = None
    integer_id: bool = False
    features_path: str | None = None
    paths: Sequence[str] = ()
    accept_text: Sequence[str] = ()
    capture: Sequence[str] = ()
    unwrap: str = NO_ENVELOPE
    ignore: Sequence[str] = ()
    passthrough: Sequence[str] = ()
    format: str = JSON
    several: bool = False
    gzip: int | None = None


def described(artifact: Artifact, options: EventOptions) -> Artifact:
    """An artifact whose manifest reads events as the options say. Raises UserError."""
    if options == EventOptions():
        return artifact
    manifest = artifact.manifest
    try:
        changed = replace(manifest, event=_event(options), features=_features(manifest.features, options))
        again = Artifact(Manifest.from_bytes(changed.to_bytes()), artifact.model)
    except DocumentInvalid as error:
        raise UserError(f"options for events: {error}") from None
    verify(again)
    return again


def lines(event: EventFormat) -> list[str]:
    """What is read of events beyond one JSON object with a text as its id, for a person to look over."""
    usual = EventFormat().written()
    found = [f"{name} {json.dumps(value)}" for name, value in event.written().items() if value != usual[name]]
    return ["events: " + ", ".join(found)] if found else []


def _event(options: EventOptions) -> EventFormat:
    document: dict[str, Any] = {
        "event_id": _event_id(options),
        "format": options.format,
        "events_per_record": MANY if options.several else ONE,
        "gzip": None if options.gzip is None else {"max_bytes": options.gzip},
        "unwrap": options.unwrap,
        "ignore": _ignore(options),
        "passthrough": list(options.passthrough),
    }
    return EventFormat.read(Document(document, "event"))


def _event_id(options: EventOptions) -> Any:
    usual = _IDS.get(options.unwrap) if options.format == JSON else None
    path = usual if options.event_id is None else options.event_id
    if path is None or path == NONE:
        if options.integer_id:
            raise UserError("--integer-id: expected --event-id PATH with it")
        return None
    return {"path": path, "type": INTEGER} if options.integer_id else path


def _ignore(options: EventOptions) -> list[dict[str, Any]]:
    """One rule for each path, with all of its values."""
    if list(options.ignore) == [NONE]:
        return []
    values: dict[str, list[Any]] = {}
    for rule in (*_IGNORED.get(options.unwrap, ()), *options.ignore):
        path, separator, text = rule.partition("=")
        if not separator:
            raise UserError(f"--ignore: expected PATH=VALUE, such as /op=d, got {rule!r}")
        if (value := _scalar(text)) not in values.setdefault(path, []):
            values[path].append(value)
    return [{"path": path, "equals": equals} for path, equals in values.items()]


def _scalar(text: str) -> Any:
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return text if isinstance(value, dict | list) else value


def _features(features: Sequence[Feature], options: EventOptions) -> tuple[Feature, ...]:
    parent = options.features_path
    if parent is None and options.unwrap != NO_ENVELOPE:
        parent = ""  # an envelope's event seldom has one more object around its values
    placed = tuple(features) if parent is None else members_of(parent, features)
    paths, names = _paths(options.paths), [feature.name for feature in features]
    rules = _capture_rules(options.capture)
    for name in (*paths, *rules, *options.accept_text):
        if name not in names and not (name == ALL and name in options.accept_text):
            raise UserError(f"expected one of the features {', '.join(names)}, got {name!r}")
    return tuple(
        replace(
            feature,
            path=paths.get(feature.name, feature.path),
            capture=rules.get(feature.name, feature.capture),
            accept_text=feature.accept_text or ALL in options.accept_text or feature.name in options.accept_text,
        )
        for feature in placed
    )


def _capture_rules(options: Sequence[str]) -> dict[str, str]:
    rules = {}
    for option in options:
        name, _, rule = option.rpartition("=")
        if not name or rule not in CAPTURE_RULES:
            raise UserError(f"--capture: expected FEATURE=RULE with one of {', '.join(CAPTURE_RULES)}, got {option!r}")
        rules[name] = rule
    return rules


def _paths(options: Sequence[str]) -> dict[str, str]:
    paths = {}
    for option in options:
        name, separator, path = option.rpartition("=/")  # a feature's name may have = in it
        if not separator:
            raise UserError(f"--path: expected FEATURE=POINTER, such as age=/customer/age, got {option!r}")
        paths[name] = f"/{path}"
    return paths
