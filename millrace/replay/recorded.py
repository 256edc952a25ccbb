"""Recorded events, one JSON text a line, sent as they are."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from millrace.errors import UserError
from model_store.manifest import Manifest
from stream_producers.event import PARTITION_KEYS, Event, partition_key

SUFFIXES = (".jsonl", ".ndjson")


def are_events(path: Path, manifest: Manifest) -> bool:
    """Whether the first line of a JSON Lines file is an event of the model: it has the object with the features."""
    if not path.name.lower().removesuffix(".gz").endswith(SUFFIXES):
        return False
    parent = manifest.features[0].tokens[:-1]
    with _open(path) as lines:
        found = _member(_parsed(lines.readline()), parent)
    return bool(parent) and isinstance(found, dict)


def events(path: Path, manifest: Manifest, *, keys: int = PARTITION_KEYS) -> Iterator[Event]:
    """The lines as events, bytes as they are; an empty line is none. Raises UserError where the file cannot be read."""
    at = manifest.event.event_id_tokens
    with _open(path) as lines:
        for number, line in enumerate(lines):
            if not (data := line.rstrip(b"\r\n")):
                continue
            found = _member(_parsed(data), at) if at else None
            event_id = found if isinstance(found, str) and found else f"{path.stem}-{number:09d}"
            yield Event(event_id, data, partition_key(event_id, keys))


def count(path: Path) -> int:
    with _open(path) as lines:
        return sum(bool(line.strip()) for line in lines)


def _open(path: Path) -> IO[bytes]:
    try:
        return gzip.open(path) if path.name.lower().endswith(".gz") else path.open("rb")  # type: ignore[return-value]
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from None


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _member(value: Any, tokens: tuple[str, ...]) -> Any:
    for token in tokens:
        value = value.get(token) if isinstance(value, dict) else None
    return value
