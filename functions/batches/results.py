"""What Step Functions wrote of the items of a run: the files of its ResultWriter.

https://docs.aws.amazon.com/step-functions/latest/dg/input-output-resultwriter.html
A file is an array of JSON with a row for each child execution, of up to 5 GB: it is read block by block.
"""

from __future__ import annotations

import codecs
import json

from batches import layout
from batches.objects import keys, stored_blocks
from batches.score import ItemCounts

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import Any

SUCCEEDED, NOT_SCORED = ("SUCCEEDED",), ("FAILED", "PENDING")
_BETWEEN = " \t\r\n[,]"


def scored(s3: Any, bucket: str, run: str) -> Iterator[ItemCounts]:
    """The counts of every item that an attempt scored, the last attempt last. Raises what the client raises."""
    for row in _rows(s3, bucket, run, SUCCEEDED):
        yield from (ItemCounts(**part) for part in json.loads(row["Output"])["parts"])


def errors(s3: Any, bucket: str, run: str) -> Iterator[tuple[int, str]]:
    """Every part that an attempt did not score, and why, the last attempt last. Raises what the client raises."""
    for row in _rows(s3, bucket, run, NOT_SCORED):
        why = f"{row.get('Error') or row['Status']}: {_cause(row)}".rstrip(": ")
        yield from ((item["part"], why) for item in json.loads(row["Input"])["Items"])


def elements(blocks: Iterable[bytes]) -> Iterator[Any]:
    """The elements of an array of JSON objects, of which no more than a block and an element is held.

    Raises ValueError.
    """
    decoder, read, held = codecs.getincrementaldecoder("utf-8")(), json.JSONDecoder().raw_decode, ""
    for block in blocks:
        held += decoder.decode(block)
        at = _next(held, 0)
        while at < len(held):
            try:
                element, end = read(held, at)
            except ValueError:
                break  # the rest of it is in the next block
            yield element
            at = _next(held, end)
        held = held[at:]
    if held:
        raise ValueError("expected an array of JSON objects, got one that ends early")


def _next(text: str, at: int) -> int:
    """Where the next element begins, or the text ends."""
    while at < len(text) and text[at] in _BETWEEN:
        at += 1
    return at


def _rows(s3: Any, bucket: str, run: str, statuses: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """By key: attempts are named by their time, so the last attempt comes last."""
    for key, size in keys(s3, bucket, layout.folder(run) + layout.RESULTS):
        if key.rpartition("/")[2].partition("_")[0] in statuses:
            yield from elements(stored_blocks(s3, bucket, key, size))


def _cause(row: dict[str, Any]) -> str:
    """The message of a function's error, which is JSON in the cause."""
    cause = row.get("Cause") or ""
    try:
        return str(json.loads(cause).get("errorMessage", cause))
    except (ValueError, AttributeError):
        return str(cause)
