"""Files into the batch bucket: their rows as events, in the form that the version reads, one a line.

What an upload will be is known before anything is uploaded: a run is estimated, and may be refused, first.
"""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from batches.objects import ListedObject, listed, stored_blocks
from millrace.batch.estimate import BatchEstimate, of_sizes
from millrace.batch.place import SCHEME, Address, BatchPlace
from millrace.batch.put import put_file
from millrace.errors import UserError
from millrace.replay import rows
from millrace.replay.recorded import RecordedEvents
from millrace.report.cost import Prices
from model_store.manifest import Manifest
from stream_producers.tables import read_table

if TYPE_CHECKING:
    from stream_producers.csv_table import CsvFormat

UPLOADS = "uploads/"


@dataclass(frozen=True, slots=True)
class EventLines:
    """Events, one a line, in a temporary file that is at its beginning. bytes, rows : of all of them.

    It is closed by whom it was made for.
    """

    file: IO[bytes]
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class Conversion:
    """Makes events of CSV, TSV, Parquet and JSONL, .gz or not; lines that are events stay as they are."""

    manifest: Manifest
    csv: "CsvFormat"
    note: Callable[[str], None]

    def lines(self, file: Path) -> EventLines:
        """Raises UserError and InputUnreadable."""
        recorded = RecordedEvents(file, self.manifest)
        if recorded.found():
            events = recorded.events()
        else:
            table = read_table(file, self.csv, note=self.note)
            for line in rows.notes(table, self.manifest):
                self.note(line)
            events = rows.events(table, self.manifest, file.stem)
        with ExitStack() as ends:
            written, count = ends.enter_context(tempfile.TemporaryFile()), 0
            for event in events:
                if b"\n" in event.data or self.manifest.event.max_inflated is not None:
                    raise UserError(
                        f"{self.manifest.name} {self.manifest.version} reads events that are no single lines of text: "
                        "put an object for each event into S3, and score them with --format objects"
                    )
                written.write(event.data + b"\n")
                count += 1
            size = written.tell()
            written.seek(0)
            ends.pop_all()  # the caller closes it
        return EventLines(written, size, count)


class FileUpload:
    """Of a local file, which is converted at once. Raises UserError, InputUnreadable."""

    def __init__(self, place: BatchPlace, file: Path, run: str, conversion: Conversion) -> None:
        if not file.is_file():
            raise UserError(f"{file}: expected a file, found none")
        self._place, self._lines = place, conversion.lines(file)
        self.address = Address(place.bucket, f"{UPLOADS}{run}/{_stem(file)}.jsonl")

    def estimate(self) -> BatchEstimate:
        return of_sizes(self._place.settings, 1, self._lines.bytes, self._lines.rows, Prices.read())

    def put(self) -> None:
        _put(self._place, self.address.prefix, self._lines)

    def close(self) -> None:
        self._lines.file.close()


class ObjectsUpload:
    """Of the objects below a prefix, converted one after the other. Raises UserError where there are none."""

    def __init__(self, place: BatchPlace, source: Address, run: str, conversion: Conversion) -> None:
        self._place, self._source, self._conversion = place, source, conversion
        self._s3 = place.stack.client("s3")
        self._found = list(listed(self._s3, source.bucket, source.prefix))
        if not self._found:
            raise UserError(f"{source}: expected objects, found none; check the address")
        self.address = Address(place.bucket, f"{UPLOADS}{run}/")

    def estimate(self) -> BatchEstimate:
        """By what the first object with content becomes. Raises UserError, InputUnreadable."""
        total = sum(one.size for one in self._found)
        first = next((number for number, one in enumerate(self._found) if one.size), 0)
        with tempfile.TemporaryDirectory() as folder:
            became = self._converted(first, Path(folder))
            became.file.close()
        share = total / max(1, self._found[first].size)
        size, count = round(became.bytes * share), round(became.rows * share)
        return of_sizes(self._place.settings, len(self._found), size, count, Prices.read())

    def put(self) -> None:
        """Raises UserError, InputUnreadable."""
        with tempfile.TemporaryDirectory() as folder:
            for number, one in enumerate(self._found):
                key = f"{self.address.prefix}{_stem(self._file(number, one, Path(folder)))}.jsonl"
                _put(self._place, key, self._converted(number, Path(folder)))

    def close(self) -> None:
        """Nothing is held."""

    def _converted(self, number: int, folder: Path) -> EventLines:
        one = self._found[number]
        file = self._file(number, one, folder)
        with file.open("wb") as body:
            for block in stored_blocks(self._s3, self._source.bucket, one.key, one.size):
                body.write(block)
        lines = self._conversion.lines(file)
        file.unlink()
        return lines

    def _file(self, number: int, one: ListedObject, folder: Path) -> Path:
        """Numbered, so that the rows stay in the order of the objects, and their ids differ."""
        return folder / f"{number:06}-{one.key.rpartition('/')[2]}"


def upload_of(place: BatchPlace, source: str, run: str, conversion: Conversion) -> FileUpload | ObjectsUpload:
    """Of a local file, or of objects in S3; nothing is uploaded before `put`. Raises UserError, InputUnreadable."""
    if source.startswith(SCHEME):
        return ObjectsUpload(place, Address.read(source), run, conversion)
    return FileUpload(place, Path(source), run, conversion)


def _stem(file: Path) -> str:
    return file.name.partition(".")[0]


def _put(place: BatchPlace, key: str, lines: EventLines) -> None:
    with lines.file:
        put_file(place.stack.client("s3"), place.bucket, key, lines.file)
