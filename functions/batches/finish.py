"""The end of a run: every planned row is a prediction, quarantined, ignored, or in an item that failed.

The pages say what was planned, and the files that Step Functions writes say what became of it; of an item that was
scored again, the last attempt that scored it counts. 32 bytes are held for each item.
"""

from __future__ import annotations

from array import array

from batches import layout, pages, results

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from batches.item import BatchItem, RunSpec
    from batches.pages import PlannedPages
    from batches.score import ItemCounts

# Items that the manifest names of those that failed; the result files have all of them.
MOST_NAMED = 100
BECAME = ("predictions", "quarantined", "ignored")
NOT_SCORED = -1


class RunAccount:
    """Rows by part: planned, and what they became."""

    def __init__(self) -> None:
        self._rows = array("q")
        self._became = {name: array("q") for name in BECAME}
        self._objects, self._last = 0, ("", "")
        self._trouble = ""

    def plan(self, item: BatchItem) -> None:
        """Items come by part, and objects in order."""
        if item.part != len(self._rows):
            self._note(f"expected part {len(self._rows)} to be planned, got part {item.part}")
            return
        self._rows.append(item.rows)
        for name in BECAME:
            self._became[name].append(NOT_SCORED)
        for span in item.spans:
            self._objects += (span.key, span.version) != self._last
            self._last = span.key, span.version

    def score(self, counts: ItemCounts) -> None:
        if counts.part >= len(self._rows):
            self._note(f"expected counts of planned items only, got those of part {counts.part}")
            return
        for name in BECAME:
            self._became[name][counts.part] = getattr(counts, name)

    @property
    def failed(self) -> Iterator[int]:
        """The parts that no attempt scored."""
        return (part for part, count in enumerate(self._became["predictions"]) if count == NOT_SCORED)

    @property
    def with_quarantine(self) -> Iterator[int]:
        return (part for part, count in enumerate(self._became["quarantined"]) if count > 0)

    def to_json(self) -> dict[str, Any]:
        failed = list(self.failed)
        became = {name: sum(self._became[name]) - NOT_SCORED * len(failed) for name in BECAME}
        return {
            "rows": sum(self._rows),
            **became,
            "failed": sum(self._rows[part] for part in failed),
            "items": len(self._rows),
            "items_failed": len(failed),
            "objects": self._objects,
        }

    def trouble(self) -> str:
        """Why the counts do not add up; empty where they do."""
        for part, rows in enumerate(self._rows):
            counts = {name: self._became[name][part] for name in BECAME}
            if counts["predictions"] != NOT_SCORED and sum(counts.values()) != rows:
                got = ", ".join(f"{count} {name}" for name, count in counts.items())
                return f"part {part}: expected {rows} rows, got {got}"
        return self._trouble

    def _note(self, trouble: str) -> None:
        self._trouble = self._trouble or trouble


def account(s3: Any, bucket: str, run: str, planned: PlannedPages) -> RunAccount:
    """What was planned, and what became of it. Raises what the client raises."""
    counted = RunAccount()
    for item in pages.items(s3, bucket, run, planned):
        counted.plan(item)
    for counts in results.scored(s3, bucket, run):
        counted.score(counts)
    return counted


def manifest(s3: Any, bucket: str, spec: RunSpec, ended_at: str, error: str = "") -> dict[str, Any]:
    """error : why the run ended early, if it did. Raises what the client raises."""
    planned = pages.read(s3, bucket, spec.run)
    counted = account(s3, bucket, spec.run, planned)
    trouble = error or counted.trouble()
    if not trouble and planned.following is not None:
        trouble = "expected a plan of all objects, got one that ended early; redrive the run, which continues it"
    return {
        "run": spec.run,
        "model": {"name": spec.model, "version": spec.pointer["version"], "digest": spec.pointer["manifest_digest"]},
        "input": {"bucket": spec.bucket, "prefix": spec.prefix, "format": spec.format},
        "started_at": spec.started_at,
        "ended_at": ended_at,
        "complete": not trouble,
        "error": trouble,
        "planned": planned.following is None,
        "counts": counted.to_json(),
        "failed_items": _named(s3, bucket, spec.run, planned, counted, error),
        "predictions": layout.folder(spec.run) + layout.PREDICTIONS,
        "quarantine": layout.folder(spec.run) + layout.QUARANTINE,
    }


def _named(
    s3: Any, bucket: str, run: str, planned: PlannedPages, counted: RunAccount, error: str
) -> list[dict[str, Any]]:
    """The first items that failed, each with its first object and the reason."""
    parts = dict.fromkeys(part for part, _ in zip(counted.failed, range(MOST_NAMED), strict=False))
    if not parts:
        return []
    reasons = {part: why for part, why in results.errors(s3, bucket, run) if part in parts}
    return [
        {"part": item.part, "first_object": item.spans[0].key, "error": reasons.get(item.part, error)}
        for item in pages.items(s3, bucket, run, planned)
        if item.part in parts
    ]
