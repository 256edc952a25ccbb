"""The tasks of the item workflow's state machine. Each takes an object and returns one."""

from __future__ import annotations

import json

from batches.errors import BatchRefused
from batches.item import OBJECTS
from batches.objects import document, keys
from batches.tasks import error_line
from model_store import names
from model_store.errors import DocumentInvalid
from model_store.release import CHAMPION as CHAMPION_VARIANT
from model_store.release import Pointer
from records.timestamps import timestamp
from records.values import Value, as_dict
from workflows import compare, run, split, steps
from workflows.run import MAX_BYTES, PLACES, WorkflowItem, WorkflowRun

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from typing import Any

    from batches.versions import Versions
    from model_store.store import ModelStore
    from resilience.deadline import Deadline
    from scoring.variant import Variant

CHAMPION = "champion"
SPLIT, PREPROCESS, PREDICT, STORE, COMPARE = TASKS = ("split", "preprocess", "predict", "store", "compare")


class WorkflowTasks(Value):
    """The tasks of one container. s3 : a client of aws_client. bucket : the batch bucket. versions : keeps two."""

    s3: Any
    bucket: str
    store: ModelStore
    versions: Versions
    clock: Callable[[], float]
    partition: str

    def run(self, event: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
        """Raises BatchRefused, ItemMissing, ItemTooLarge, ItemUnreadable, ModelStoreError, what the client raises."""
        match event.get("task"):
            case "split":
                return self._split(event)
            case "preprocess":
                return self._preprocess(event, deadline)
            case "predict":
                return self._predict(event, deadline)
            case "store":
                return self._store(event)
            case "compare":
                return self._compare(event)
        raise BatchRefused(f"task: expected one of {', '.join(TASKS)}, got {event.get('task')!r:.80}")

    def _split(self, event: Mapping[str, Any]) -> dict[str, Any]:
        given, name = event["input"], names.check(event["execution"], "run")
        try:
            chosen = WorkflowRun.read(
                {
                    "run": name,
                    "model": self.store.name,
                    "versions": self._pointers(given.get("versions") or {}),
                    "share": given.get("share", 0.5),
                    "bucket": given.get("bucket"),
                    "max_bytes": given.get("max_bytes", MAX_BYTES),
                    "started_at": timestamp(self.clock()),
                }
            )
        except DocumentInvalid as error:
            raise BatchRefused(str(error)) from None
        found = split.items(self.s3, chosen.bucket, given, chosen.share, chosen.started_at)
        lines = b"".join(json.dumps(as_dict(item)).encode() + b"\n" for item in found)
        self._put(run.folder(name) + run.SPEC, json.dumps(as_dict(chosen), indent=2).encode())
        self._put(run.folder(name) + run.ITEMS, lines)
        return {
            "run": name,
            "items": {"bucket": self.bucket, "key": run.folder(name) + run.ITEMS, "count": len(found)},
            "results": f"{run.folder(name)}results",
        }

    def _pointers(self, given: Any) -> dict[str, Any]:
        if not isinstance(given, dict) or not set(given) <= set(PLACES):
            raise BatchRefused(f"versions: expected an object with a and b, got {given!r:.80}")
        stored = self.store.release()
        if stored is None:
            raise BatchRefused("versions: expected a released model, found none; publish one")
        champion, challenger = stored.release.champion, stored.release.challenger or stored.release.champion
        pinned = {}
        for place, usual in zip(PLACES, (champion, challenger), strict=True):
            version = given.get(place)
            pinned[place] = as_dict(usual if version in (None, CHAMPION) else self.store.signed_pointer(version))
        return pinned

    def _preprocess(self, event: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
        spec, item = self._item(event)
        found = steps.fetched(self.s3, spec.bucket, item, spec.max_bytes)
        record = self._record(spec, item, found.version, found.data)
        row = steps.preprocess(record, self._variant(spec, item.place, deadline))
        known = {"version": found.version}
        self._put(run.prepared(spec.run, item.part, item.place), json.dumps(row | known).encode())
        return known

    def _predict(self, event: Mapping[str, Any], deadline: Deadline) -> dict[str, Any]:
        spec, item = self._item(event)
        body = document(self.s3, self.bucket, run.prepared(spec.run, item.part, item.place))
        if body is None:
            raise BatchRefused(f"part {item.part}: expected an item that was preprocessed, found none")
        row = json.loads(body)
        record = self._record(spec, item, row["version"], b"")
        variant = self._variant(spec, item.place, deadline)
        return {"prediction": steps.predict(record, row, variant, self.clock())}

    def _store(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """What became of an item. The same item gives the same object, so that a retry overwrites it."""
        state = event["state"]
        spec, item = self._item(state)
        stored = {
            "key": item.key,
            "place": item.place,
            "fallback": bool(state.get("fallback")),
            "outcome": state["outcome"],
            "error": error_line(state.get("error")),
            "prediction": (state.get("predicted") or {}).get("prediction"),
        }
        self._put(run.outcome(spec.run, item.part), json.dumps(stored).encode())
        return {"outcome": stored["outcome"]}

    def _compare(self, event: Mapping[str, Any]) -> dict[str, Any]:
        spec = self._spec(event["run"])
        items = document(self.s3, self.bucket, run.folder(spec.run) + run.ITEMS) or b""
        found = compare.compared(len(items.splitlines()), self._outcomes(spec.run))
        versions = {place: spec.versions[place]["version"] for place in PLACES}
        comparison = {"run": spec.run, "version": versions, "ended_at": timestamp(self.clock()), **found}
        self._put(run.folder(spec.run) + run.COMPARISON, json.dumps(comparison, indent=2).encode())
        return comparison | {"not_predicted": found["not_predicted"][:5]}  # the rest would not fit into a state

    def _outcomes(self, name: str) -> Iterator[dict[str, Any]]:
        for key, _ in keys(self.s3, self.bucket, run.folder(name) + run.OUTCOMES):
            yield json.loads(document(self.s3, self.bucket, key) or b"")

    def _item(self, event: Mapping[str, Any]) -> tuple[WorkflowRun, WorkflowItem]:
        return self._spec(event["run"]), WorkflowItem.read(event["item"])

    def _spec(self, name: str) -> WorkflowRun:
        body = document(self.s3, self.bucket, run.folder(name) + run.SPEC)
        if body is None:
            raise BatchRefused(f"run {name}: expected one that was started, found none")
        return WorkflowRun.read(json.loads(body))

    def _variant(self, spec: WorkflowRun, place: str, deadline: Deadline) -> Variant:
        pointer = Pointer.read(spec.versions[place], "pointer")
        return self.versions.serving(pointer, OBJECTS, deadline).variants[CHAMPION_VARIANT]

    def _record(self, spec: WorkflowRun, item: WorkflowItem, version: str, data: bytes) -> Any:
        arn = f"arn:{self.partition}:s3:::{spec.bucket}"
        return steps.record_of(spec.model, arn, item.key, version, item.modified_at, data)

    def _put(self, key: str, body: bytes) -> None:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType="application/json")
