"""The pages of a plan, as a run's folder has them: what was planned, and where the plan continues.

Pages are written in the order of their parts, by one attempt after the other. A page counts once `plan.json` names it.
"""

from __future__ import annotations

import json

from batches import layout
from batches.item import BatchItem
from batches.objects import document, stored_blocks
from batches.plan import PlanPlace
from records.values import Value, as_dict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any


class PlannedPages(Value):
    """names : of the pages, in order. following : where the plan continues; None: everything is planned."""

    names: tuple[str, ...] = ()
    following: PlanPlace | None = PlanPlace()

    def with_page(self, name: str, following: PlanPlace | None) -> PlannedPages:
        """With one more page; a page that was planned again is the same."""
        return PlannedPages(tuple(dict.fromkeys((*self.names, name))), following)


def read(s3: Any, bucket: str, run: str) -> PlannedPages:
    """Raises what the client raises."""
    body = document(s3, bucket, layout.plan(run))
    if body is None:
        return PlannedPages()
    found = json.loads(body)
    return PlannedPages(tuple(found["names"]), found["following"] and PlanPlace(**found["following"]))


def write(s3: Any, bucket: str, run: str, pages: PlannedPages) -> None:
    """Raises what the client raises."""
    body = json.dumps(as_dict(pages), indent=2).encode()
    s3.put_object(Bucket=bucket, Key=layout.plan(run), Body=body, ContentType="application/json")


def write_items(s3: Any, bucket: str, run: str, name: str, items: Sequence[BatchItem]) -> str:
    """Write items that are scored by one map; their key. Raises what the client raises."""
    key = layout.items(run, name)
    body = b"".join(json.dumps(item.to_json(), separators=(",", ":")).encode() + b"\n" for item in items)
    s3.put_object(Bucket=bucket, Key=key, Body=body, ContentType="application/x-ndjson")
    return key


def items(s3: Any, bucket: str, run: str, pages: PlannedPages) -> Iterator[BatchItem]:
    """Every planned item, by part, one page's lines after the other. Raises what the client raises."""
    for name in pages.names:
        key = layout.items(run, name)
        size = s3.head_object(Bucket=bucket, Key=key)["ContentLength"]
        held = b""
        for block in stored_blocks(s3, bucket, key, size):
            *whole, held = (held + block).split(b"\n")
            yield from (BatchItem.read(json.loads(line)) for line in whole)
