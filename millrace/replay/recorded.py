"""Recorded events, one record a line, sent as they are."""

import gzip
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO

from millrace.errors import UserError
from millrace.replay.build import EventBuilder
from model_store.manifest import Manifest
from records.faults import Code, Fault, Ignored
from records.record import Record
from scoring.events import reader_of, value_paths
from scoring.validate import Validator
from stream_producers.event import PARTITION_KEYS, Event, partition_key

SUFFIXES = (".jsonl", ".ndjson")
_LOOKED_AT = 20
_VALUES = (Code.NON_FINITE, Code.UNKNOWN_CATEGORY, Code.WRONG_TYPE, Code.INVALID_IMAGE, Code.INPUT_TOO_LARGE)


class RecordedEvents:
    """Reads the lines of a file as the scorer of a model reads records."""

    def __init__(self, path: Path, manifest: Manifest) -> None:
        self._path, self._manifest = path, manifest
        self._builder, self._reader = EventBuilder(manifest), reader_of(manifest, Validator(manifest))
        self._value_paths = frozenset(value_paths(manifest))

    def found(self) -> bool:
        """Whether a JSON Lines file has events of the model, rather than rows: one of its first lines is read as one.

        An event with a value that its feature cannot have is one too.
        """
        if not self._path.name.lower().removesuffix(".gz").endswith(SUFFIXES):
            return False
        return any(self._is_event(line) for line in islice(self._lines(), _LOOKED_AT))

    def events(self, *, keys: int = PARTITION_KEYS) -> Iterator[Event]:
        """The lines as records, bytes as they are (compressed where the model reads them so); an empty line is none.

        Raises UserError where the file cannot be read.
        """
        for number, line in enumerate(self._lines()):
            name = f"{self._path.stem}-{number:09d}"
            inside = tuple(
                Event(self._id(part, name), b"", "") for part in (self._split(line) if self._builder.several else ())
            )
            event_id = inside[0].event_id if inside else self._id(self._record(line), name)
            yield Event(event_id, self._builder.packed(line), partition_key(event_id, keys), events=inside)

    def count(self) -> int:
        return sum(1 for _ in self._lines())

    def _lines(self) -> Iterator[bytes]:
        with self._open() as lines:
            for line in lines:
                if data := line.rstrip(b"\r\n"):
                    yield data

    def _open(self) -> IO[bytes]:
        opened = gzip.open if self._path.name.lower().endswith(".gz") else open
        try:
            return opened(self._path, "rb")  # type: ignore[return-value]
        except OSError as error:
            raise UserError(f"{self._path} cannot be read: {error.strerror}") from None

    def _record(self, line: bytes) -> Record:
        return Record(
            model=self._manifest.name, source="replay", arn="", position="", partition_key="", arrived_at=0.0,
            data=self._builder.packed(line), delivery_id="",
        )  # fmt: skip

    def _split(self, line: bytes) -> list[Record]:
        try:
            return self._reader.split(self._record(line))
        except Fault:
            return []

    def _is_event(self, line: bytes) -> bool:
        try:
            for part in self._reader.split(self._record(line)):
                self._reader.read(part)
        except Ignored:
            return True
        except Fault as fault:
            return fault.code in _VALUES and fault.path in self._value_paths
        return True

    def _id(self, record: Record, name: str) -> str:
        """The event's own id; `name` where it has none, or cannot be read."""
        try:
            found = self._reader.read(record).event_id
        except (Fault, Ignored):
            return name
        return name if found in (None, "") else str(found)
