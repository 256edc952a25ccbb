"""Batches on a stack: rows in S3 through the state machine, and what the operators' commands show of them."""

import json
from collections.abc import Callable
from itertools import islice
from typing import Any

import pytest

from batches import layout
from millrace.batch.estimate import estimate
from millrace.batch.place import Address, BatchPlace
from millrace.batch.runs import RunProgress, Runs, name_now
from stream_producers.synthetic import Sessions
from tests.integration.conftest import train_version
from tests.integration.harness import Harness

OpenStack = Callable[[str], Harness]
ROWS, BAD = 40_000, 7


@pytest.fixture(scope="module")
def rows() -> list[bytes]:
    """JSON Lines of more than one item, with some faulty lines."""
    lines = [event.data for event in islice(Sessions(59).events(), ROWS)]
    for number in range(BAD):
        lines[number * 5_000 + 17] = b'{"event_id": ' if number % 2 else b"\xff\xfe"
    return lines


@pytest.fixture
def runs(harness: OpenStack) -> Runs:
    return Runs(BatchPlace.of(harness("queued").stack))


def put(runs: Runs, name: str, lines: list[bytes]) -> Address:
    address = Address(runs.place.bucket, f"uploads/{name}/rows.jsonl")
    body = b"\n".join(lines) + b"\n"
    runs.place.stack.client("s3").put_object(Bucket=address.bucket, Key=address.prefix, Body=body)
    return address


def ended(runs: Runs, execution: str) -> RunProgress:
    return runs.wait(execution, lambda progress: None)


def lines_of(runs: Runs, run: str, folder: str) -> list[dict[str, Any]]:
    s3 = runs.place.stack.client("s3")
    listed = s3.list_objects_v2(Bucket=runs.place.bucket, Prefix=layout.folder(run) + folder).get("Contents", [])
    bodies = [s3.get_object(Bucket=runs.place.bucket, Key=entry["Key"])["Body"].read() for entry in listed]
    return [json.loads(line) for body in bodies for line in body.splitlines()]


def test_every_row_is_predicted_in_order_or_quarantined(runs: Runs, rows: list[bytes]) -> None:
    run = name_now()
    address = put(runs, run, rows)
    expected = estimate(runs.place, address, "lines")
    assert 0.9 < expected.rows / ROWS < 1.1
    assert expected.invocations > 1

    seen: list[RunProgress] = []
    progress = runs.wait(runs.start(run, address, None, "lines"), seen.append)
    assert progress.status == "SUCCEEDED", progress.error
    assert progress.done == progress.items > 2

    found = runs.status(run)
    assert found.complete
    assert found.counts == {
        "rows": ROWS, "predictions": ROWS - BAD, "quarantined": BAD, "ignored": 0, "failed": 0,
        "items": progress.items, "items_failed": 0, "objects": 1,
    }  # fmt: skip
    numbers = [int(line["source"]["position"].rsplit("|", 1)[-1]) for line in lines_of(runs, run, layout.PREDICTIONS)]
    bad = {number * 5_000 + 17 for number in range(BAD)}
    assert numbers == [number for number in range(ROWS) if number not in bad]
    places = [int(line["source"]["position"].rsplit("|", 1)[-1]) for line in lines_of(runs, run, layout.QUARANTINE)]
    assert set(places) == bad
    assert run in [one.run for one in runs.all()]


def test_items_that_failed_are_counted_named_and_redriven(runs: Runs, rows: list[bytes]) -> None:
    """A function whose memory is too small for a model fails every item; the run says so, and comes back."""
    run, client = name_now(), runs.place.stack.client("lambda")
    address = put(runs, run, rows[:100])
    function = runs.place.stack.outputs["batch"]["function_name"]
    client.put_function_concurrency(FunctionName=function, ReservedConcurrentExecutions=0)
    try:
        failed = ended(runs, runs.start(run, address, None, "lines"))
    finally:
        client.delete_function_concurrency(FunctionName=function)
    # Nothing could be planned, nor could the reason be written: the execution alone knows of the run.
    assert failed.status == "FAILED"
    assert runs.status(run).complete is False

    again = name_now()
    done = ended(runs, runs.start(again, address, None, "lines"))
    assert done.status == "SUCCEEDED", done.error
    assert ended(runs, runs.redrive(again, quarantined=True)).status == "SUCCEEDED"
    assert runs.status(again).counts == runs.status(again).counts | {"rows": 100, "predictions": 99, "quarantined": 1}


def test_a_refused_run_fails_with_its_reason(runs: Runs) -> None:
    run = name_now()
    failed = ended(runs, runs.start(run, Address(runs.place.bucket, "uploads/nothing/"), None, "lines"))
    assert failed.status == "FAILED"
    assert "expected objects, found none" in failed.error
    assert runs.status(run).status == "FAILED"


def test_a_run_scores_by_the_version_that_was_named(harness: OpenStack, rows: list[bytes]) -> None:
    opened = harness("queued")
    runs, version = Runs(BatchPlace.of(opened.stack)), "batch-candidate"
    pointer = opened.stack.model_store().publish(train_version(version, rounds=3))
    run = name_now()
    done = ended(runs, runs.start(run, put(runs, run, rows[:50]), version, "lines"))
    assert done.status == "SUCCEEDED", done.error
    models = {(line["model"]["version"], line["model"]["digest"]) for line in lines_of(runs, run, layout.PREDICTIONS)}
    assert models == {(version, pointer.manifest_digest)}
    assert opened.stack.model_store().release().release.champion.version != version
