"""Files into the batch bucket: their rows as events, in the form that the version reads, one a line."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from batches.objects import listed, stored_blocks
from millrace.batch.place import Address, BatchPlace
from millrace.batch.put import put_file
from millrace.errors import UserError
from millrace.replay import rows
from millrace.replay.recorded import RecordedEvents
from model_store.manifest import Manifest
from stream_producers.tables import read_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from stream_producers.csv_table import CsvFormat

UPLOADS = "uploads/"


def upload(
    place: BatchPlace, file: Path, run: str, manifest: Manifest, csv: "CsvFormat", note: "Callable[[str], None]"
) -> Address:
    """Raises UserError and InputUnreadable. CSV, TSV, Parquet and JSONL, .gz or not; lines that are events stay so."""
    if not file.is_file():
        raise UserError(f"{file}: expected a file, found none")
    key = f"{UPLOADS}{run}/{file.name.partition('.')[0]}.jsonl"
    _put(place, file, key, manifest, csv, note)
    return Address(place.bucket, key)


def converted(
    place: BatchPlace, source: Address, run: str, manifest: Manifest, csv: "CsvFormat", note: "Callable[[str], None]"
) -> Address:
    """As `upload`, of the objects below a prefix, one after the other. Raises UserError, InputUnreadable."""
    s3, found = place.stack.client("s3"), 0
    with tempfile.TemporaryDirectory() as folder:
        for number, one in enumerate(listed(s3, source.bucket, source.prefix)):
            # Numbered, so that the rows stay in the order of the objects, and their ids differ.
            file = Path(folder, f"{number:06}-{one.key.rpartition('/')[2]}")
            with file.open("wb") as body:
                for block in stored_blocks(s3, source.bucket, one.key, one.size):
                    body.write(block)
            _put(place, file, f"{UPLOADS}{run}/{file.name.partition('.')[0]}.jsonl", manifest, csv, note)
            file.unlink()
            found = number + 1
    if not found:
        raise UserError(f"{source}: expected objects, found none; check the address")
    return Address(place.bucket, f"{UPLOADS}{run}/")


def _put(
    place: BatchPlace, file: Path, key: str, manifest: Manifest, csv: "CsvFormat", note: "Callable[[str], None]"
) -> None:
    recorded = RecordedEvents(file, manifest)
    if recorded.found():
        events = recorded.events()
    else:
        table = read_table(file, csv, note=note)
        for line in rows.notes(table, manifest):
            note(line)
        events = rows.events(table, manifest, file.stem)
    with tempfile.TemporaryFile() as lines:
        for event in events:
            if b"\n" in event.data or manifest.event.max_inflated is not None:
                raise UserError(
                    f"{manifest.name} {manifest.version} reads events that are no single lines of text: put an object "
                    "for each event into S3, and score them with --format objects"
                )
            lines.write(event.data + b"\n")
        lines.seek(0)
        put_file(place.stack.client("s3"), place.bucket, key, lines)
