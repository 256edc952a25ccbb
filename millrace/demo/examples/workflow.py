"""Items through an item workflow by two versions: a corrupt, an oversized, a missing one, and a version that fails."""

from itertools import islice
from types import MappingProxyType
from typing import Any

from millrace.batch.runs import SUCCEEDED, name_now
from millrace.batch.workflow import WorkflowEnd, Workflows
from millrace.console import show
from millrace.demo import training
from millrace.demo.example import Example
from millrace.demo.traffic import Load
from millrace.deployment.local import LocalPlace
from millrace.model import catalogue
from millrace.model.tables import labelled
from millrace.model.train import Recipe, train
from millrace.stack import Stack
from model_store.store import ModelStore
from stream_producers.synthetic import LABEL, Sessions

WORKFLOW = "workflow"
MAX_BYTES, SHARE = 10_000, 0.5
ROWS, ROUNDS = 4_000, 10  # of the candidate


class WorkflowExample(Example):
    parts = (WORKFLOW,)
    events = MappingProxyType({WORKFLOW: 40})

    def run(self, place: LocalPlace, stack: Stack, load: Load) -> bool:
        workflows, store, name = Workflows.of(stack), stack.model_store(), name_now()
        champion, items = catalogue.released(store).champion.version, load.events[WORKFLOW]
        with show.step(f"{items} items in S3; one corrupt, one oversized and one missing"):
            keys = _put(workflows, name, load)
        with show.step("A candidate, and a version whose model file is damaged"):
            candidate, broken = f"{name}-candidate", f"{name}-broken"
            _publish(store, candidate)
            _publish(store, broken)
            _damage(stack, store, broken)
        given: dict[str, Any] = {"bucket": workflows.bucket, "keys": keys, "share": SHARE, "max_bytes": MAX_BYTES}
        ends = []
        for title, b in (("two versions, by share", candidate), ("one of them fails", broken)):
            with show.step(f"Workflow: {title}"):
                execution = workflows.start(
                    f"{name}-{b.rpartition('-')[2]}", given | {"versions": {"a": champion, "b": b}}
                )
                ends.append(workflows.wait(execution))
            show.CONSOLE.print(f"  notifications: {workflows.notifications(execution)}", markup=False)
            _print(ends[-1])
        return _as_expected(ends[0], items, fell_back=False) and _as_expected(ends[1], items, fell_back=True)


EXAMPLE = WorkflowExample


def _put(workflows: Workflows, name: str, load: Load) -> list[str]:
    """The keys of the items: those that can be scored, and three others."""
    found = {
        f"uploads/{name}/{number:04}.json": event.data
        for number, event in enumerate(islice(Sessions(load.seed).events(), load.events[WORKFLOW]))
    }
    first = next(iter(found.values()))
    found[f"uploads/{name}/corrupt.json"] = first[:-9]
    found[f"uploads/{name}/oversized.json"] = first + b" " * MAX_BYTES
    s3 = workflows.stack.client("s3")
    for key, body in found.items():
        s3.put_object(Bucket=workflows.bucket, Key=key, Body=body)
    return [*found, f"uploads/{name}/missing.json"]


def _publish(store: ModelStore, version: str) -> None:
    """Into the store only: no release names it."""
    store.publish(
        train(labelled(Sessions(training.SEED).table(ROWS), LABEL), Recipe(store.name, version, rounds=ROUNDS))
    )


def _damage(stack: Stack, store: ModelStore, version: str) -> None:
    """Replace its model file: no container loads it from now on."""
    manifest, _ = store.manifest(version)
    key = f"models/{store.name}/{version}/{manifest.file.name}"
    bucket = stack.outputs["model_store"]["bucket"]
    stack.client("s3").put_object(Bucket=bucket, Key=key, Body=b"damaged")


def _print(end: WorkflowEnd) -> None:
    if end.comparison is None:
        show.error(end.error)
        return
    found = end.comparison
    for name, count in (found["counts"] | {"scored by a instead": found["fallbacks"]}).items():
        show.CONSOLE.print(f"  {name:<20} {count:,}", markup=False)
    for place, part in found["versions"].items():
        mean = f", mean score {part['mean_score']:.4f}" if "mean_score" in part else ""
        show.CONSOLE.print(f"  {place}: {found['version'][place]} {part['predicted']:,} items{mean}", markup=False)
    for one in found["not_predicted"]:
        show.CONSOLE.print(f"  {one['outcome']}: {one['key'].rpartition('/')[2]}", markup=False)


def _as_expected(end: WorkflowEnd, items: int, *, fell_back: bool) -> bool:
    if end.status != SUCCEEDED or end.comparison is None:
        show.error(end.error)
        return False
    counts = {"predicted": items, "missing": 1, "oversized": 1, "corrupt": 1, "failed": 0}
    by_b = end.comparison["versions"]["b"]["predicted"]
    divided = (by_b == 0) == fell_back == (end.comparison["fallbacks"] > 0)
    return bool(end.comparison["counts"] == counts and divided)
