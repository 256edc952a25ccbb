"""An event, decoded natively and by the exact path: what both say, and whether they may say it."""

import struct
from collections.abc import Sequence
from copy import replace
from types import SimpleNamespace
from typing import Any, NamedTuple

from model_store.event_format import EventFormat
from model_store.feature import Feature
from native import NATIVE
from records import json_pointer
from records.faults import Fault, Ignored
from scoring.engine.native_schema import schema
from scoring.events import reader_of
from scoring.predictions import event_id_text
from scoring.validate import Validator


class Places(NamedTuple):
    """Where an event has its id, and the object with its features: tokens of JSON Pointers."""

    event_id: tuple[str, ...] = ("event_id",)
    features: tuple[str, ...] = ("features",)


NESTED = Places()


class Row(NamedTuple):
    """What a decoder found: compared bit by bit, so that -0 and NaN count. Ids and passthrough are JSON."""

    event_id: str
    features: bytes
    ignored: int
    passthrough: str = ""


IGNORED = Row("no event", b"", 0)


class Judge:
    """Both decoders, made of the same features, their paths and what else a manifest says of events."""

    def __init__(self, features: Sequence[Feature], paths: Places | None = NESTED, event: EventFormat | None = None):
        """paths : of the id and of all features; None: each feature has its own, and the event says the id's."""
        if paths is not None:
            features = [replace(one, path=json_pointer.write((*paths.features, one.name))) for one in features]
            event = EventFormat(json_pointer.write(paths.event_id))
        manifest: Any = SimpleNamespace(event=event or EventFormat(), features=features, preparation=None)
        self._read = reader_of(manifest, Validator(manifest)).read
        self._pack = struct.Struct(f"={len(features)}f").pack
        assert NATIVE is not None
        self._decode = schema(NATIVE, manifest).decode

    def native(self, payload: bytes) -> Row | None:
        """None: the reference implementation must look."""
        found = self._decode(payload)
        if not found:
            return None if found is None else IGNORED
        event_id, features, ignored, passthrough = found
        return Row(event_id or "", features, ignored, passthrough or "")

    def exact(self, payload: bytes) -> Row | None:
        """None: faulty."""
        record: Any = SimpleNamespace(data=payload, index=None, fault=None)
        try:
            row = self._read(record)
            return Row(event_id_text(row.event_id), self._pack(*row.features), row.ignored_members, row.passthrough)
        except Ignored:
            return IGNORED
        except (Fault, OverflowError):
            return None
