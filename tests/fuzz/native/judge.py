"""An event, decoded natively and by the exact path: what both say, and whether they may say it."""

import re
import struct
from collections.abc import Sequence
from copy import replace
from types import SimpleNamespace
from typing import Any, NamedTuple

from model_store.event_format import EventFormat
from model_store.feature import Feature
from native import NATIVE
from records import json_pointer
from records.faults import Fault
from records.strict_json import decode
from scoring.validate import Validator

# What the native engine may leave to the exact path: a long number, one with an exponent, an escape.
_RARE = re.compile(rb"[0-9]{16}|[0-9][eE]|\\")
_PLAIN_ID = re.compile(r"[ !#-\[\]-~]*")
MOST_NAMES = 60  # members; of those that the schema does not know, a few more are compared
MOST_NESTED = 30


class Places(NamedTuple):
    """Where an event has its id, and the object with its features: tokens of JSON Pointers."""

    event_id: tuple[str, ...] = ("event_id",)
    features: tuple[str, ...] = ("features",)


NESTED = Places()


class Row(NamedTuple):
    """What a decoder found: compared bit by bit, so that -0 and NaN count."""

    event_id: str
    features: bytes
    ignored: int


class Judge:
    """Both decoders, made of the same features and paths."""

    def __init__(self, features: Sequence[Feature], paths: Places = NESTED) -> None:
        placed = [replace(one, path=json_pointer.write((*paths.features, one.name))) for one in features]
        event = EventFormat(json_pointer.write(paths.event_id))
        manifest: Any = SimpleNamespace(event=event, features=placed)
        self._validator = Validator(manifest)
        self._pack = struct.Struct(f"={len(features)}f").pack
        assert NATIVE is not None
        specs = [
            (f.key, f.type, f.allow_missing, f.categories, f.unknown_category == "missing", f.missing_codes)
            for f in placed
        ]
        self._decode = NATIVE.Schema(paths.event_id, paths.features, specs).decode

    def native(self, payload: bytes) -> Row | None:
        """None: the exact path must look."""
        found = self._decode(payload)
        return None if found is None else Row(*found)

    def exact(self, payload: bytes) -> Row | None:
        """None: faulty."""
        try:
            row = self._validator.row(decode(payload))
            return Row(row.event_id, self._pack(*row.features), row.ignored_members)
        except (Fault, OverflowError):
            return None


def is_ordinary(payload: bytes, row: Row) -> bool:
    """Whether an event, which the exact path took as `row`, must be taken natively."""
    small = payload.count(b":") < MOST_NAMES and payload.count(b"{") + payload.count(b"[") < MOST_NESTED
    return small and not _RARE.search(payload) and bool(_PLAIN_ID.fullmatch(row.event_id))
