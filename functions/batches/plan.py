"""Plans a run: which rows of which objects are scored together, in the order of the input.

Nothing of the rows is judged here. A plan that does not fit into an invocation is continued by the next one.
"""

from __future__ import annotations

import json

from batches import csv_rows, layout, lines
from batches.errors import BatchRefused
from batches.item import CSV, OBJECTS, BatchItem, Span
from batches.objects import listed, read_range
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from batches.item import RunSpec
    from batches.objects import ListedObject
    from model_store.manifest import Manifest
    from resilience.deadline import Deadline

# An item's bytes of input, and its objects: the spans of an item must fit, with others, into Step Functions' 256 KiB.
ITEM_BYTES, ITEM_SPANS = 2 * 1024 * 1024, 50
# The items of one page: as many child executions as one Map Run handles well.
MOST_ITEMS = 20_000
# What must be left of an invocation's time to read another block.
SPARE_SECONDS = 30.0
COMPRESSED = (".gz", ".zst", ".bz2", ".parquet")


class PlanPlace(Value):
    """Where a plan continues: beyond the key `after`, or within the object `key`, of which `row` rows are planned."""

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
    """s3 : a client of aws_client. item_bytes : of input, for one item."""

    def __init__(
        self, s3: Any, spec: RunSpec, manifest: Manifest, item_bytes: int = ITEM_BYTES, most_items: int = MOST_ITEMS
    ) -> None:
        self._s3, self._spec, self._manifest = s3, spec, manifest
        self._bytes, self._most = item_bytes, most_items

    def page(self, begin: PlanPlace, deadline: Deadline) -> Page:
        """Raises BatchRefused, and what the client raises."""
        items: list[BatchItem] = []
        held: list[Span] = []
        used, following = 0, None
        for span, place in self._spans(begin):
            if held and (used + span.end - span.start > self._bytes or len(held) >= ITEM_SPANS):
                items.append(BatchItem(begin.part + len(items), tuple(held)))
                held, used = [], 0
            held.append(span)
            used += span.end - span.start
            if len(items) >= self._most - 1 or deadline.remaining() < SPARE_SECONDS:
                following = place
                break
        if held:
            items.append(BatchItem(begin.part + len(items), tuple(held)))
        return Page(items, following and PlanPlace(begin.part + len(items), *_rest(following)))

    def _spans(self, begin: PlanPlace) -> Iterator[tuple[Span, PlanPlace]]:
        """Each span, and where the plan continues after it."""
        spec = self._spec
        count, previous = 0, begin.after
        for found in listed(self._s3, spec.bucket, spec.prefix, begin.after):
            count += 1
            offset, row = (begin.offset, begin.row) if found.key == begin.key else (0, 0)
            if offset and found.version != begin.version:
                raise BatchRefused(f"s3://{spec.bucket}/{found.key} was replaced while it was planned; start a new run")
            yield from self._of_object(found, previous, offset, row)
            previous = found.key
        if not count and not begin.part:
            raise BatchRefused(f"s3://{spec.bucket}/{spec.prefix}: expected objects, found none; check the address")

    def _of_object(self, found: ListedObject, previous: str, offset: int, row: int) -> Iterator[tuple[Span, PlanPlace]]:
        if self._spec.format == OBJECTS:
            yield self._span(found, 0, found.size, 0, 1, ()), PlanPlace(after=found.key)
            return
        if found.key.endswith(COMPRESSED):
            raise BatchRefused(
                f"s3://{self._spec.bucket}/{found.key}: expected rows in lines, got {found.key.rpartition('.')[2]}; "
                "unpack it, or give it to `millrace batch run` as a local file"
            )

        def read(start: int, end: int) -> bytes:
            return read_range(self._s3, self._spec.bucket, found, start, end)

        columns, begins = self._header(found, read)
        for start, end, rows in lines.ranges(read, found.size, self._bytes, max(offset, begins)):
            within = PlanPlace(0, previous, found.key, found.version, end, row + rows)
            place = PlanPlace(after=found.key) if end == found.size else within
            yield self._span(found, start, end, row, rows, columns), place
            row += rows

    def _header(self, found: ListedObject, read: Callable[[int, int], bytes]) -> tuple[tuple[int, ...], int]:
        """The places of the columns, and where the rows begin."""
        if self._spec.format != CSV or not found.size:
            return (), 0
        head = read(0, min(found.size, lines.BLOCK))
        line, newline, _ = head.partition(b"\n")
        where = f"s3://{self._spec.bucket}/{found.key}"
        return csv_rows.columns(line, self._manifest, where), len(line) + len(newline)

    def _span(self, found: ListedObject, start: int, end: int, first: int, rows: int, columns: tuple[int, ...]) -> Span:
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
            columns=columns,
        )


def write(s3: Any, bucket: str, run: str, attempt: str, items: list[BatchItem]) -> str:
    """Write the items of an attempt; their key."""
    key = layout.items(run, attempt)
    body = b"".join(json.dumps(item.to_json(), separators=(",", ":")).encode() + b"\n" for item in items)
    s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/x-ndjson")
    return key


def _rest(place: PlanPlace) -> tuple[str, str, str, int, int]:
    return place.after, place.key, place.version, place.offset, place.row
