"""A file of rows in S3, scored by a state machine; every row accounted for, also after an item failed."""

import json
from itertools import islice
from types import MappingProxyType

from batches import layout
from millrace.batch.estimate import estimate
from millrace.batch.place import Address, BatchPlace
from millrace.batch.runs import SUCCEEDED, RunProgress, Runs, RunStatus, name_now
from millrace.console import show
from millrace.demo.example import Example
from millrace.demo.traffic import Load
from millrace.deployment.local import LocalPlace
from millrace.stack import Stack
from stream_producers.bad import with_bad
from stream_producers.synthetic import FEATURES, Sessions

BATCH = "batch"


class BatchExample(Example):
    parts = (BATCH,)
    events = MappingProxyType({BATCH: 100_000})

    def run(self, place: LocalPlace, stack: Stack, load: Load) -> bool:
        batches = BatchPlace.of(stack)
        runs, run, rows = Runs(batches), name_now(), load.events[BATCH]
        with show.step(f"{rows:,} rows in S3, some of them faulty on purpose"):
            address, faulty = _put(batches, run, load)
        show.CONSOLE.print(f"{address}: {estimate(batches, address, 'lines').described()}", markup=False)
        with show.step("Batch scored") as step:

            def advance(progress: RunProgress) -> None:
                step(progress.done, progress.items, "items")

            progress = runs.wait(runs.start(run, address, None, "lines"), advance)
        found = runs.status(run)
        _print(batches, found)
        if progress.status != SUCCEEDED:
            show.error(progress.error or found.error)
            return False
        counts = found.counts or {}
        return counts["rows"] == rows and counts["quarantined"] == faulty and counts["predictions"] == rows - faulty


EXAMPLE = BatchExample


def _put(place: BatchPlace, run: str, load: Load) -> tuple[Address, int]:
    """Where the rows are, and how many are faulty."""
    events = with_bad(Sessions(load.seed).events(load.start), load.bad_fraction, FEATURES, seed=load.seed)
    found = list(islice(events, load.events[BATCH]))
    # A line is a row: whatever is in it.
    lines = [event.data.replace(b"\n", b" ") or b"\0" for event in found]
    address = Address(place.bucket, f"uploads/{run}/sessions.jsonl")
    place.stack.client("s3").put_object(Bucket=address.bucket, Key=address.prefix, Body=b"\n".join(lines) + b"\n")
    return address, sum(event.expected_code is not None for event in found)


def _print(place: BatchPlace, found: RunStatus) -> None:
    for name, count in (found.counts or {}).items():
        show.CONSOLE.print(f"  {name.replace('_', ' '):<14} {count:,}", markup=False)
    if not (found.counts or {}).get("predictions"):
        return
    s3, folder = place.stack.client("s3"), layout.folder(found.run) + layout.PREDICTIONS
    parts = s3.list_objects_v2(Bucket=place.bucket, Prefix=folder)["Contents"]
    key = next(part["Key"] for part in parts if part["Size"])
    first = s3.get_object(Bucket=place.bucket, Key=key, Range="bytes=0-4095")["Body"].read().partition(b"\n")[0]
    prediction = json.loads(first)
    show.CONSOLE.print(f"the first of them: {prediction['event_id']} → {prediction['score']:.4f}", markup=False)
    show.CONSOLE.print(f"predictions: s3://{place.bucket}/{folder}", markup=False)
