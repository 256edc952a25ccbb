"""An erasure from begin to end, with its proof; one that was broken off continues where it was."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from millrace.erasure import places
from millrace.erasure.erase import erase
from millrace.erasure.progress import ErasureProgress, PlaceProgress
from millrace.erasure.subject import Subject
from millrace.model.operator import caller
from millrace.paths import SCRATCH
from millrace.stack import Stack
from records.timestamps import timestamp

SCHEMA_VERSION = 1


def forget(
    stack: Stack, subject: Subject, *, dry_run: bool, on_place: Callable[[str], None] = lambda _: None
) -> dict[str, Any]:
    """Erase a subject; the proof, as docs/capture.md describes it."""
    s3 = stack.client("s3")
    name = f"{stack.name}-{subject.digest[:16]}{'-dry' if dry_run else ''}.jsonl"
    progress = ErasureProgress(SCRATCH / "forget" / name, subject)
    progress.start(_now())
    for place in places.searched(stack.outputs):
        before = progress.of(place.name)
        if before.ended:
            continue
        on_place(place.name)
        for key, found in erase(s3, place, subject, dry_run=dry_run, after=before.key, keep_ids=progress.keep_ids):
            progress.passed(key, found)
        progress.ended(place.name)
    proof = _proof(stack, subject, progress, dry_run)
    progress.end()
    return proof


def _proof(stack: Stack, subject: Subject, progress: ErasureProgress, dry_run: bool) -> dict[str, Any]:
    searched = [_described(place, progress.of(place.name)) for place in places.searched(stack.outputs)]
    failed = [one for place in searched for one in place["failed"]]
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
        "searched": searched,
        "not_reached": places.not_reached(stack.outputs),
    }


def _described(place: places.SearchedPlace, found: PlaceProgress) -> dict[str, Any]:
    return {"what": place.name, "bucket": place.bucket, "prefix": place.prefix, **found.counts, **found.lists}


def _now() -> str:
    return timestamp(datetime.now(UTC).timestamp())
