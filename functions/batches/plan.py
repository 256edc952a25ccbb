"""Plans a run: which rows of which objects are scored together, in the order of the input.

Nothing of the rows is judged here. A plan that does not fit into an invocation is continued by the next one.
"""

from __future__ import annotations

import hashlib

from batches import csv_rows, layout, lines
from batches.csv_rows import CsvColumns
from batches.errors import BatchRefused
from batches.item import CSV, OBJECTS, BatchItem, Span
from batches.objects import listed, one_version, read_range
from batches.text import GZIP, ObjectText
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from batches.item import RunSpec
    from batches.objects import ListedObject
    from model_store.manifest import Manifest
    from resilience.deadline import Deadline

# An item's bytes of input, and its objects: the spans of an item must fit, with others, into Step Functions' 256 KiB.
ITEM_BYTES, ITEM_SPANS = 2 * 1024 * 1024, 50
# The items of one page: as many child executions as one Map Run handles well; and its spans, which are held in memory.
MOST_ITEMS, MOST_SPANS = 20_000, 100_000
# What must be left of an invocation's time to read another block.
SPARE_SECONDS = 30.0
REFUSED = (".zst", ".bz2", ".parquet")
NO_COLUMNS = CsvColumns((), 0)


class PlanPlace(Value):
    """Where a plan continues: beyond the key `after`, or within the object `key`, of which `row` rows are planned.

    version : what identifies the object's content. offset : in its text.
    """

    part: int = 0
    after: str = ""
    key: str = ""
    version: str = ""
    offset: int = 0
    row: int = 0


class Page(Value):
    """items : what was planned. following : where the rest begins; None: this was all."""

    items: list[BatchItem]
    following: PlanPlace | None


class Planner:
    """s3 : a client of aws_client. bucket : the batch bucket. item_bytes : of input, for one item."""

    def __init__(
        self,
        s3: Any,
        bucket: str,
        spec: RunSpec,
        manifest: Manifest,
        item_bytes: int = ITEM_BYTES,
        most_items: int = MOST_ITEMS,
    ) -> None:
        self._s3, self._bucket, self._spec, self._manifest = s3, bucket, spec, manifest
        self._bytes, self._most = item_bytes, most_items

    def page(self, begin: PlanPlace, deadline: Deadline) -> Page:
        """Raises BatchRefused, and what the client raises."""
        items: list[BatchItem] = []
        held: list[Span] = []
        used, following = 0, None
        for spans, (span, place) in enumerate(self._spans(begin), 1):
            if held and (used + span.end - span.start > self._bytes or len(held) >= ITEM_SPANS):
                items.append(BatchItem(begin.part + len(items), tuple(held)))
                held, used = [], 0
            held.append(span)
            used += span.end - span.start
            if len(items) >= self._most - 1 or spans >= MOST_SPANS or deadline.remaining() < SPARE_SECONDS:
                following = place
                break
        if held:
            items.append(BatchItem(begin.part + len(items), tuple(held)))
        return Page(items, following and PlanPlace(begin.part + len(items), *_rest(following)))

    def _spans(self, begin: PlanPlace) -> Iterator[tuple[Span, PlanPlace]]:
        """Each span, and where the plan continues after it."""
        count, previous = 0, begin.after
        for found in self._objects(begin.after):
            offset, row = (begin.offset, begin.row) if found.key == begin.key else (0, 0)
            if begin.key and not count and (found.key, found.identity) != (begin.key, begin.version):
                raise self._replaced(begin.key)
            count += 1
            yield from self._of_object(found, previous, offset, row)
            previous = found.key
        if begin.key and not count:
            raise self._replaced(begin.key)
        if not count and not begin.part:
            raise BatchRefused(
                f"s3://{self._spec.bucket}/{self._spec.prefix}: expected objects, found none; check the address"
            )

    def _objects(self, after: str) -> Iterator[ListedObject]:
        """What the run scores, beyond the key `after`."""
        if self._spec.object is None:
            yield from listed(self._s3, self._spec.bucket, self._spec.prefix, after)
        elif after < self._spec.prefix:
            yield one_version(self._s3, self._spec.bucket, self._spec.prefix, **self._spec.object)

    def _replaced(self, key: str) -> BatchRefused:
        return BatchRefused(
            f"{self._where(key)}: expected the version that the plan began with, which is gone or was replaced; "
            "start a new run"
        )

    def _of_object(self, found: ListedObject, previous: str, offset: int, row: int) -> Iterator[tuple[Span, PlanPlace]]:
        if self._spec.format == OBJECTS:
            yield self._span(found, 0, found.size, 0, 1), PlanPlace(after=found.key)
            return
        if found.key.endswith(REFUSED):
            raise BatchRefused(
                f"{self._where(found.key)}: expected rows in lines, plain or gzip, got "
                f"{found.key.rpartition('.')[2]}; `millrace batch run ADDRESS --upload` converts Parquet"
            )
        text = self._text(found)
        columns, begins = self._header(found, text)
        start = max(offset, begins)
        for cut in lines.ranges(text.blocks(start), self._bytes, start):
            within = PlanPlace(0, previous, found.key, found.identity, cut.end, row + cut.rows)
            place = PlanPlace(after=found.key) if cut.last else within
            unpacked = self._unpacked(found, row, cut.data) if found.key.endswith(GZIP) else ""
            yield self._span(found, cut.start, cut.end, row, cut.rows, columns, unpacked), place
            row += cut.rows

    def _text(self, found: ListedObject) -> ObjectText:
        def read(start: int, end: int) -> bytes:
            return read_range(self._s3, self._spec.bucket, found, start, end)

        return ObjectText(read, found.size, packed=found.key.endswith(GZIP), where=self._where(found.key))

    def _header(self, found: ListedObject, text: ObjectText) -> tuple[CsvColumns, int]:
        """The columns, and where the rows begin."""
        if self._spec.format != CSV or not found.size:
            return NO_COLUMNS, 0
        line = text.first_line()
        return csv_rows.columns(line, self._manifest, self._where(found.key)), len(line)

    def _unpacked(self, found: ListedObject, first: int, data: bytes) -> str:
        """Write rows of a compressed object, which has no ranges that could be read alone; their key."""
        digest = hashlib.sha256(f"{found.key}|{found.identity}".encode()).hexdigest()[:32]
        key = layout.unpacked(self._spec.run, digest, first)
        self._s3.put_object(Bucket=self._bucket, Key=key, Body=data, ContentType="application/x-ndjson")
        return key

    def _where(self, key: str) -> str:
        return f"s3://{self._spec.bucket}/{key}"

    def _span(
        self,
        found: ListedObject,
        start: int,
        end: int,
        first: int,
        rows: int,
        columns: CsvColumns = NO_COLUMNS,
        unpacked: str = "",
    ) -> Span:
        return Span(
            bucket=self._spec.bucket,
            key=found.key,
            version=found.version,
            etag=found.etag,
            modified_at=found.modified_at,
            start=start,
            end=end,
            first=first,
            rows=rows,
            columns=columns.places,
            width=columns.width,
            unpacked=unpacked,
        )


def _rest(place: PlanPlace) -> tuple[str, str, str, int, int]:
    return place.after, place.key, place.version, place.offset, place.row
