"""An erasure from begin to end, with its proof; one that was broken off continues where it was."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from millrace.erasure import places
from millrace.erasure.erase import PlaceResult, erase
from millrace.erasure.subject import Subject
from millrace.model.operator import caller
from millrace.paths import SCRATCH
from millrace.stack import Stack
from records.timestamps import timestamp

SCHEMA_VERSION = 1
SAVE_EVERY = 100  # objects


class ErasureProgress:
    """What an erasure has done so far, in a file that is removed with its end. It holds ids and no key."""

    def __init__(self, path: Path) -> None:
        self._path, self._since = path, 0
        document = json.loads(path.read_text()) if path.exists() else {}
        self.results: list[dict[str, Any]] = document.get("results", [])
        self.current: dict[str, str] = document.get("current", {})
        self.ids: dict[str, list[str]] = document.get("ids", {})
        self.started_at: str = document.get("started_at", "")

    def done(self, result: dict[str, Any], subject: Subject) -> None:
        self.results.append(result)
        self.current = {}
        self._save(subject)

    def passed(self, place: str, key: str, subject: Subject) -> None:
        self.current, self._since = {"place": place, "key": key}, self._since + 1
        if self._since % SAVE_EVERY == 0:
            self._save(subject)

    def end(self) -> None:
        self._path.unlink(missing_ok=True)

    def _save(self, subject: Subject) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        document = {
            "results": self.results,
            "current": self.current,
            "ids": {"prediction_ids": sorted(subject.prediction_ids), "event_ids": sorted(subject.event_ids)},
            "started_at": self.started_at,
        }
        self._path.write_text(json.dumps(document))
        self._path.chmod(0o600)


def forget(
    stack: Stack, subject: Subject, *, dry_run: bool, on_place: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Erase a subject; the proof, as docs/capture.md describes it."""
    s3 = stack.client("s3")
    progress = ErasureProgress(
        SCRATCH / "forget" / f"{stack.name}-{subject.digest[:16]}{'-dry' if dry_run else ''}.json"
    )
    progress.started_at = progress.started_at or _now()
    subject.prediction_ids |= set(progress.ids.get("prediction_ids", ()))
    subject.event_ids |= set(progress.ids.get("event_ids", ()))
    done = {result["what"] for result in progress.results}
    for place in places.searched(stack.outputs):
        if place.name in done:
            continue
        on_place(place.name)
        after = progress.current.get("key", "") if progress.current.get("place") == place.name else ""
        result = erase(
            s3, place, subject, dry_run=dry_run, after=after,
            passed=lambda key, name=place.name: progress.passed(name, key, subject),  # type: ignore[misc]
        )  # fmt: skip
        progress.done(_described(result), subject)
    proof = _proof(stack, subject, progress, dry_run)
    progress.end()
    return proof


def _proof(stack: Stack, subject: Subject, progress: ErasureProgress, dry_run: bool) -> dict[str, Any]:
    failed = [one for result in progress.results for one in result["failed"]]
    return {
        "schema_version": SCHEMA_VERSION,
        "stack": stack.name,
        "model": stack.outputs["model"]["name"],
        "partition_key_sha256": subject.digest,
        "dry_run": dry_run,
        "complete": not failed and not dry_run,
        "by": caller(stack),
        "started_at": progress.started_at,
        "finished_at": _now(),
        "searched": progress.results,
        "not_reached": places.not_reached(stack.outputs),
    }


def _described(result: PlaceResult) -> dict[str, Any]:
    return {
        "what": result.place.name,
        "bucket": result.place.bucket,
        "prefix": result.place.prefix,
        "objects": result.objects,
        "versions": result.versions,
        "events": result.events,
        "removed": result.removed,
        "failed": result.failed,
    }


def _now() -> str:
    return timestamp(datetime.now(UTC).timestamp())
