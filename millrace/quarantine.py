"""What is in quarantine: counts by code and path, when, an example of each, and the fix."""

import base64
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from millrace.redrive.objects import Objects
from millrace.sources import path_of
from millrace.stack import Stack

FIXES = {
    "INVALID_BASE64": "find the writer that does not encode its records",
    "INVALID_GZIP": "fix what compresses the records, or set event.gzip in a new version's manifest",
    "INVALID_ENVELOPE": "fix the producer, or set event.unwrap in a new version's manifest",
    "INVALID_UTF8": "fix the producer's encoding, or what compresses its records",
    "INVALID_JSON": "fix the producer's serialiser: NaN, trailing bytes and cut-off texts are no JSON",
    "INVALID_AGGREGATE": "find the writer of the damaged KPL record",
    "WRONG_SHAPE": "fix the producer, or set event.format in a new version's manifest",
    "NOT_AN_OBJECT": "fix the producer: an event is one JSON object",
    "DUPLICATE_KEY": "fix the producer: a member must occur once",
    "MISSING_EVENT_ID": "fix the producer, or set event.event_id in a new version's manifest",
    "NO_FEATURES": "fix the producer, or set the features' path or event.ignore in a new version's manifest",
    "MISSING_FEATURE": "fix the producer, or allow missing values in a new version (train --missing always)",
    "UNKNOWN_CATEGORY": "retrain, or read it as missing in a new version (train --unknown-category missing)",
    "WRONG_TYPE": "fix the producer, or make a new version that reads numbers as text (--accept-text), or on that type",
    "NON_FINITE": "fix the producer; with path /score, check the model",
    "INVALID_IMAGE": "send whole JPEG or PNG files, of one picture each",
    "INPUT_TOO_LARGE": "send shorter texts and smaller images, or raise the bound in a new version's manifest",
    "PASSTHROUGH_TOO_LARGE": "fix the producer, or name smaller members in event.passthrough",
    "PREDICTION_TOO_LARGE": "fix the producer's ids, or use a Kinesis sink",
}
_ELSE = "docs/contracts.md, quarantine entry, explains the code"


@dataclass(slots=True)
class QuarantineGroup:
    """The events with one code at one path. first, last : when they were quarantined, RFC 3339; equal for one event.

    position : of the example, the last one: what the source calls the place of its record. sources : events by the box
    of the architecture that they came from.
    """

    code: str
    path: str
    detail: str = ""
    events: int = 0
    first: str = ""
    last: str = ""
    prediction_id: str = ""
    position: dict[str, Any] = field(default_factory=dict)
    payload: bytes = b""
    sources: Counter[str] = field(default_factory=Counter)

    @property
    def fix(self) -> str:
        return FIXES.get(self.code, _ELSE)

    def add(self, entry: dict[str, Any]) -> None:
        at = entry["quarantined_at"]
        self.events += 1
        self.sources[path_of(entry["source"]["type"])] += 1
        self.first = min(self.first or at, at)
        if at >= self.last:
            self.last, self.detail, self.prediction_id = at, entry["detail"], entry["prediction_id"]
            self.position, self.payload = entry["source"], base64.b64decode(entry["data"])

    def document(self, *, payload: bool) -> dict[str, Any]:
        """The group as JSON; the example's payload only where it is asked for, as text with what is no text escaped."""
        members = ("code", "path", "detail", "events", "first", "last", "fix", "prediction_id", "position")
        document = {name: getattr(self, name) for name in members}
        return document | ({"payload": self.payload.decode(errors="backslashreplace")} if payload else {})


@dataclass(slots=True)
class QuarantineSurvey:
    """The groups, the largest first. unreadable : keys of objects that hold no quarantine entries."""

    groups: list[QuarantineGroup]
    unreadable: list[str]

    @property
    def events(self) -> int:
        return sum(group.events for group in self.groups)


def survey(stack: Stack, since: str = "") -> QuarantineSurvey:
    """Read the quarantine of a stack. An event that was quarantined twice counts once.

    since : RFC 3339; what was quarantined earlier is left out.
    """
    store = stack.outputs["failure_store"]
    objects, unreadable = Objects(stack.client("s3"), store["bucket"]), list[str]()
    groups: dict[tuple[str, str], QuarantineGroup] = {}
    seen = set[str]()
    for key, etag in objects.listed(store["quarantine_prefix"]):
        if (found := objects.read(key, etag)) is None:  # redriven meanwhile
            continue
        try:
            for entry in _entries(found[1]):
                if entry["prediction_id"] in seen or entry["quarantined_at"] < since:
                    continue
                group = groups.setdefault((entry["code"], entry["path"]), QuarantineGroup(entry["code"], entry["path"]))
                group.add(entry)
                seen.add(entry["prediction_id"])
        except (ValueError, KeyError, TypeError):
            unreadable.append(key)
    return QuarantineSurvey(sorted(groups.values(), key=lambda group: -group.events), unreadable)


def _entries(body: bytes) -> Iterator[dict[str, Any]]:
    yield from map(json.loads, body.splitlines())
