"""What a run scores, by which versions, and where its parts are in the batch bucket."""

from __future__ import annotations

import hashlib

from model_store.documents import Document
from model_store.errors import DocumentInvalid
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

WORKFLOWS = "workflows/"
SPEC, ITEMS, PREPARED, OUTCOMES, COMPARISON = "run.json", "items.jsonl", "prepared/", "outcomes/", "comparison.json"
# The versions by their place in the run: most items go to the first, a share of them to the second.
A, B = PLACES = ("a", "b")
MAX_BYTES = 8 << 20
_HASHED = 1 << 32


class WorkflowRun(Value):
    """versions : pointer by place. share : of the items that version b scores. max_bytes : of an item."""

    run: str
    model: str
    versions: dict[str, dict[str, Any]]
    share: float
    bucket: str
    max_bytes: int
    started_at: str

    @classmethod
    def read(cls, value: Any) -> WorkflowRun:
        """Raises DocumentInvalid."""
        document = Document.of(value, "run")
        document.only(cls.__match_args__)
        texts = {name: document.get(name, str) for name in ("run", "model", "bucket", "started_at")}
        share, most = document.get("share", float), document.get("max_bytes", int)
        if not 0 <= share <= 1:
            raise DocumentInvalid(f"run.share: expected a number from 0 to 1, got {share}")
        if not 1 <= most <= MAX_BYTES:
            raise DocumentInvalid(f"run.max_bytes: expected 1 to {MAX_BYTES:,}, got {most:,}")
        return cls(versions=document.get("versions", dict), share=share, max_bytes=most, **texts)


class WorkflowItem(Value):
    """One object. part : its place in the run. version : empty in a bucket without versions; etag : empty if unknown.

    place : of the version that scores it.
    """

    part: int
    key: str
    version: str
    etag: str
    size: int
    modified_at: str
    place: str

    @classmethod
    def read(cls, value: Any) -> WorkflowItem:
        """Raises DocumentInvalid."""
        document = Document.of(value, "item")
        document.only(cls.__match_args__)
        numbers = {name: document.get(name, int) for name in ("part", "size")}
        texts = {name: document.get(name, str) for name in ("key", "version", "etag", "modified_at")}
        return cls(place=document.one_of("place", PLACES), **numbers, **texts)


def place_of(key: str, share: float) -> str:
    """The version's place for an item: a pure function of its key, so that each run divides the items alike."""
    return B if int.from_bytes(hashlib.sha256(key.encode()).digest()[:4]) < share * _HASHED else A


def folder(run: str) -> str:
    return f"{WORKFLOWS}{run}/"


def prepared(run: str, part: int, place: str) -> str:
    """The row of an item, as the version at that place reads it."""
    return f"{folder(run)}{PREPARED}{part:08}-{place}.json"


def outcome(run: str, part: int) -> str:
    return f"{folder(run)}{OUTCOMES}{part:08}.json"
