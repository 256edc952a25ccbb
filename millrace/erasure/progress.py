"""What an erasure has done so far, in a journal: one that is broken off continues where it was.

A line is written for each object with events of the key, and one for every SAVE_EVERY objects without. The ids in an
object are written before it is changed: they find the rest, and would be gone with it. The journal has no key.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from millrace.erasure.erase import PlaceResult
from millrace.erasure.subject import Subject

SAVE_EVERY = 100  # objects
COUNTS = ("objects", "versions", "events")
LISTS = ("removed", "failed")


class PlaceProgress:
    """A place's result so far. key : the last object that was searched. ended : whether it was searched to its end."""

    def __init__(self) -> None:
        self.counts = dict.fromkeys(COUNTS, 0)
        self.lists: dict[str, list[dict[str, Any]]] = {name: [] for name in LISTS}
        self.key, self.ended = "", False

    def add(self, members: dict[str, Any]) -> None:
        for name in COUNTS:
            self.counts[name] += members.get(name, 0)
        for name in LISTS:
            self.lists[name] += members.get(name, ())
        self.key, self.ended = members.get("key", self.key), members.get("ended", self.ended)


class ErasureProgress:
    """The journal of one erasure, read where there is one. started_at : empty where there is none."""

    def __init__(self, path: Path, subject: Subject) -> None:
        self._path, self._subject, self.started_at = path, subject, ""
        self.places: dict[str, PlaceProgress] = {}
        self._waiting: dict[str, Any] = {}
        self._waits = 0
        self._kept = Subject("")
        for line in self._lines():
            self.started_at = self.started_at or line.get("started_at", "")
            self._kept.prediction_ids |= set(line.get("prediction_ids", ()))
            self._kept.event_ids |= set(line.get("event_ids", ()))
            if "place" in line:
                self.of(line["place"]).add(line)
        subject.prediction_ids |= self._kept.prediction_ids
        subject.event_ids |= self._kept.event_ids

    def of(self, place: str) -> PlaceProgress:
        return self.places.setdefault(place, PlaceProgress())

    def start(self, now: str) -> None:
        if not self.started_at:
            self.started_at = now
            self._write({"started_at": now})

    def keep_ids(self) -> None:
        """Write the ids that were found since the last time."""
        new = {
            "prediction_ids": self._subject.prediction_ids - self._kept.prediction_ids,
            "event_ids": self._subject.event_ids - self._kept.event_ids,
        }
        if any(new.values()):
            self._write({name: sorted(ids) for name, ids in new.items()})
            self._kept.prediction_ids |= new["prediction_ids"]
            self._kept.event_ids |= new["event_ids"]

    def passed(self, key: str, found: PlaceResult) -> None:
        """Add an object that was searched."""
        members = {"place": found.place.name, "key": key} | {name: getattr(found, name) for name in (*COUNTS, *LISTS)}
        self.of(found.place.name).add(members)
        for name in COUNTS:
            members[name] += self._waiting.get(name, 0)
        self._waiting, self._waits = members, self._waits + 1
        if self._waits >= SAVE_EVERY or any(members[name] for name in LISTS):
            self._flush()

    def ended(self, place: str) -> None:
        self.of(place).ended = True
        self._flush()
        self._write({"place": place, "ended": True})

    def end(self) -> None:
        self._path.unlink(missing_ok=True)

    def _flush(self) -> None:
        self.keep_ids()
        if self._waits:
            self._write(self._waiting)
        self._waiting, self._waits = {}, 0

    def _write(self, line: dict[str, Any]) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a") as file:
            file.write(json.dumps(line) + "\n")

    def _lines(self) -> Iterator[dict[str, Any]]:
        """Up to one that was broken off while it was written; what follows is written in its place."""
        sound = 0
        for line in self._path.read_bytes().splitlines(True) if self._path.exists() else ():
            try:
                members = json.loads(line)
            except ValueError:
                members = None
            if not isinstance(members, dict) or not line.endswith(b"\n"):
                os.truncate(self._path, sound)
                return
            sound += len(line)
            yield members
