"""The tasks of the state machine: plan, score, finish. terraform/modules/batch has its definition.

Each takes an object and returns one. A refusal is raised as it is: the state machine tries nothing again that is
refused, and the run's manifest has the reason.
"""

from __future__ import annotations

import json
from contextlib import suppress

from batches import finish, layout, pages
from batches.errors import BatchRefused
from batches.item import LINES, BatchItem, RunSpec
from batches.objects import document
from batches.plan import MOST_ITEMS, Planner, PlanPlace
from batches.score import ItemScorer
from model_store import names
from model_store.errors import DocumentInvalid
from model_store.release import Pointer
from records.timestamps import timestamp
from records.values import Value, as_dict

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from batches.versions import Versions
    from model_store.store import ModelStore
    from resilience.deadline import Deadline
    from scoring.engine.protocols import Engine
    from telemetry.metrics import Metrics

CHAMPION = "champion"
# What a redrive scores again.
FAILED, QUARANTINED = "failed", "quarantined"


class Tasks(Value):
    """The tasks of one container. s3 : a client of aws_client. bucket : the batch bucket."""

    s3: Any
    bucket: str
    store: ModelStore
    versions: Versions
    engine: Engine
    metrics: Metrics
    clock: Callable[[], float]
    partition: str

    def run(self, event: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
        """Raises BatchRefused, CountsDiffer, ModelStoreError, and what the client raises."""
        match event.get("task"):
            case "plan":
                return self._plan(event, deadline)
            case "score":
                return self._score(event, deadline)
            case "finish":
                return self._finish(event)
        raise BatchRefused(f"task: expected plan, score or finish, got {event.get('task')!r:.80}")

    def _plan(self, event: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
        """A page of items. The first page of a run decides what it scores; a redrive scores items of that again."""
        given = event["input"]
        run = names.check(given.get("run") or event["execution"], "run")
        again, place = given.get("redrive"), event.get("place")
        spec = self._spec(run) if again or place else self._begin(run, given)
        if again and (place is None or "again" in place):
            return self._planned_again(run, event["attempt"], again, (place or {}).get("again", 0))
        begin = PlanPlace(**place) if place else PlanPlace()
        manifest, _ = self.store.manifest(spec.pointer["version"])
        page = Planner(self.s3, self.bucket, spec, manifest).page(begin, deadline)
        name = f"{event['attempt']}-{begin.part:08}"
        planned = self._planned(run, name, page.items, page.following and as_dict(page.following))
        recorded = pages.read(self.s3, self.bucket, run).with_page(name, page.following)
        pages.write(self.s3, self.bucket, run, recorded)
        return planned

    def _planned_again(self, run: str, attempt: str, what: str, first: int) -> dict[str, Any]:
        """A page of items to be scored again, from the part `first` on; then the plan continues where it ended."""
        recorded = pages.read(self.s3, self.bucket, run)
        counted = finish.account(self.s3, self.bucket, run, recorded)
        parts = {*counted.failed, *(counted.with_quarantine if what == QUARANTINED else ())}
        chosen = sorted(part for part in parts if part >= first)
        page = set(chosen[:MOST_ITEMS])
        items = [item for item in pages.items(self.s3, self.bucket, run, recorded) if item.part in page]
        following: Any = recorded.following and as_dict(recorded.following)
        if len(chosen) > MOST_ITEMS:
            following = {"again": chosen[MOST_ITEMS]}
        return self._planned(run, f"{attempt}-again-{first:08}", items, following)

    def _planned(self, run: str, name: str, items: list[BatchItem], following: Any) -> dict[str, Any]:
        key = pages.write_items(self.s3, self.bucket, run, name, items)
        return {
            "run": run,
            "items": {"bucket": self.bucket, "key": key, "count": len(items)},
            "results": layout.results(run, name),
            "place": following,
            "more": following is not None,
        }

    def _begin(self, run: str, given: Mapping[str, Any]) -> RunSpec:
        """Pin the version, and write what the run scores. Raises BatchRefused where the run exists."""
        for name in ("bucket", "prefix"):
            if not isinstance(given.get(name), str):
                raise BatchRefused(f"{name}: expected a string in the execution's input, got {given.get(name)!r:.80}")
        try:
            spec = RunSpec.read(
                {
                    "run": run,
                    "model": self.store.name,
                    "pointer": as_dict(self._pointer(given.get("version") or CHAMPION)),
                    "bucket": given["bucket"],
                    "prefix": given["prefix"],
                    "format": given.get("format") or LINES,
                    "started_at": timestamp(self.clock()),
                    "object": given.get("object"),
                }
            )
        except DocumentInvalid as error:
            raise BatchRefused(str(error)) from None
        body = json.dumps(as_dict(spec), indent=2).encode()
        try:
            self.s3.put_object(Bucket=self.bucket, Key=layout.spec(run), Body=body, IfNoneMatch="*")
        except self.s3.exceptions.ClientError as error:
            if error.response["Error"]["Code"] not in ("PreconditionFailed", "412"):
                raise
            # A retry of this task finds what the lost answer's attempt wrote.
            found = self._spec(run)
            if (found.bucket, found.prefix, found.object) != (spec.bucket, spec.prefix, spec.object):
                raise BatchRefused(f"run {run}: expected a new name, got that of another run; choose another") from None
            return found
        return spec

    def _pointer(self, version: str) -> Pointer:
        if version != CHAMPION:
            return self.store.signed_pointer(version)
        stored = self.store.release()
        if stored is None:
            raise BatchRefused("version: expected a released model, found none; publish one")
        return stored.release.champion

    def _spec(self, run: str) -> RunSpec:
        body = document(self.s3, self.bucket, layout.spec(run))
        if body is None:
            raise BatchRefused(f"run {run}: expected one that was started, found none")
        return RunSpec.read(json.loads(body))

    def _score(self, event: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
        spec = self._spec(event["BatchInput"]["run"])
        serving = self.versions.serving(Pointer.read(spec.pointer, "pointer"), spec.format, deadline)
        scorer = ItemScorer(self.s3, self.bucket, spec, serving, self.engine, self.metrics, self.clock, self.partition)
        return {"parts": [as_dict(scorer.score(BatchItem.read(item))) for item in event["Items"]]}

    def _finish(self, event: Mapping[str, Any]) -> dict[str, Any]:
        run = event["input"].get("run") or event["execution"]
        error = error_line(event.get("error"))
        try:
            spec = self._spec(run)
        except BatchRefused:
            # The plan was refused before the run began: there is nothing to count.
            return {"run": run, "complete": False, "error": error or "the run was not planned", "counts": {}}
        manifest = finish.manifest(self.s3, self.bucket, spec, timestamp(self.clock()), error)
        body = json.dumps(manifest, indent=2).encode()
        self.s3.put_object(Bucket=self.bucket, Key=layout.manifest(run), Body=body, ContentType="application/json")
        return {name: manifest[name] for name in ("run", "complete", "error", "counts")}


def error_line(error: Any) -> str:
    """Step Functions' error in one line; a function's message is JSON in its cause."""
    if not error:
        return ""
    name, cause = str(error.get("Error", "")), str(error.get("Cause", ""))
    with suppress(ValueError, KeyError, TypeError):
        cause = json.loads(cause)["errorMessage"]
    return f"{name}: {cause}".strip(": ")
