"""The end of a run: every planned row is a prediction, quarantined, ignored, or in an item that failed.

The items say what was planned, and the files that Step Functions writes say what became of them; of an item that was
scored again, the last attempt that scored it counts.
"""

from __future__ import annotations

import json

from batches import layout
from batches.item import BatchItem
from batches.score import ItemCounts
from records.values import Value

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from batches.item import RunSpec

SUCCEEDED, NOT_SCORED = "SUCCEEDED", ("FAILED", "PENDING")
# Items that the manifest names of those that failed; the result files have all of them.
MOST_NAMED = 100


class RunAccount(Value):
    """items : planned. scored : their counts, by part. errors : by part, why an item failed."""

    items: dict[int, BatchItem]
    scored: dict[int, ItemCounts]
    errors: dict[int, str]

    @property
    def failed(self) -> list[int]:
        """The parts that no attempt scored."""
        return sorted(self.items.keys() - self.scored.keys())

    @property
    def with_quarantine(self) -> list[int]:
        return sorted(part for part, counts in self.scored.items() if counts.quarantined)

    def total(self, name: str) -> int:
        return sum(getattr(counts, name) for counts in self.scored.values())

    def to_json(self) -> dict[str, Any]:
        counts = {name: self.total(name) for name in ("predictions", "quarantined", "ignored")}
        failed = sum(self.items[part].rows for part in self.failed)
        return {
            "rows": sum(item.rows for item in self.items.values()),
            **counts,
            "failed": failed,
            "items": len(self.items),
            "items_failed": len(self.failed),
            "objects": len({(span.key, span.version) for item in self.items.values() for span in item.spans}),
        }

    def trouble(self) -> str:
        """Why the counts do not add up; empty where they do."""
        if unknown := self.scored.keys() - self.items.keys():
            return f"expected counts of planned items only, got those of part {min(unknown)}"
        for part, counts in self.scored.items():
            if counts.rows != self.items[part].rows or not counts.adds_up:
                return f"part {part}: expected {self.items[part].rows} rows, got {counts}"
        counted = self.to_json()
        became = sum(counted[name] for name in ("predictions", "quarantined", "ignored", "failed"))
        return "" if became == counted["rows"] else f"expected {counted['rows']} rows, got {became} in all"


def account(s3: Any, bucket: str, run: str) -> RunAccount:
    """What was planned in all attempts of a run, and what became of it. Raises what the client raises."""
    items = {
        item.part: item
        for key in _keys(s3, bucket, layout.folder(run) + layout.ITEMS)
        for item in map(BatchItem.read, map(json.loads, _body(s3, bucket, key).splitlines()))
    }
    scored: dict[int, ItemCounts] = {}
    errors: dict[int, str] = {}
    for key in _keys(s3, bucket, layout.folder(run) + layout.RESULTS):
        status = key.rpartition("/")[2].partition("_")[0]
        if status == SUCCEEDED:
            rows = json.loads(_body(s3, bucket, key))
            scored |= {part["part"]: ItemCounts(**part) for row in rows for part in json.loads(row["Output"])["parts"]}
        elif status in NOT_SCORED:
            for row in json.loads(_body(s3, bucket, key)):
                why = f"{row.get('Error') or row['Status']}: {_cause(row)}".rstrip(": ")
                errors |= {item["part"]: why for item in json.loads(row["Input"])["Items"]}
    return RunAccount(items, scored, errors)


def manifest(spec: RunSpec, counted: RunAccount, ended_at: str, error: str = "") -> dict[str, Any]:
    """error : why the run ended early, if it did."""
    trouble = counted.trouble()
    named = [
        {"part": part, "first_object": counted.items[part].spans[0].key, "error": counted.errors.get(part, error)}
        for part in counted.failed[:MOST_NAMED]
    ]
    return {
        "run": spec.run,
        "model": {"name": spec.model, "version": spec.pointer["version"], "digest": spec.pointer["manifest_digest"]},
        "input": {"bucket": spec.bucket, "prefix": spec.prefix, "format": spec.format},
        "started_at": spec.started_at,
        "ended_at": ended_at,
        "complete": not error and not trouble,
        "error": error or trouble,
        "counts": counted.to_json(),
        "failed_items": named,
        "predictions": layout.folder(spec.run) + layout.PREDICTIONS,
        "quarantine": layout.folder(spec.run) + layout.QUARANTINE,
    }


def _cause(row: dict[str, Any]) -> str:
    """The message of a function's error, which is JSON in the cause."""
    cause = row.get("Cause") or ""
    try:
        return str(json.loads(cause).get("errorMessage", cause))
    except (ValueError, AttributeError):
        return str(cause)


def _keys(s3: Any, bucket: str, prefix: str) -> Iterator[str]:
    """By key: attempts are named by their time, so the last attempt comes last."""
    page: dict[str, Any] = {"IsTruncated": True}
    while page["IsTruncated"]:
        token = page.get("NextContinuationToken")
        page = s3.list_objects_v2(Bucket=bucket, Prefix=prefix, **({"ContinuationToken": token} if token else {}))
        yield from (entry["Key"] for entry in page.get("Contents", []))


def _body(s3: Any, bucket: str, key: str) -> bytes:
    body: bytes = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    return body
