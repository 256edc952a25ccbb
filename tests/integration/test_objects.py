"""Objects in S3 as an event source: by notification, and on a schedule."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

import pytest

from millrace.batch.place import BatchPlace
from millrace.batch.runs import SUCCEEDED, Runs
from millrace.sources import path_of
from millrace_localstack.launcher import LocalStack
from releases.past import PastRuns
from sources.objects import MOST_BYTES
from stream_producers.event import Event
from stream_producers.synthetic import Sessions
from tests.integration.harness import Harness, wait_for
from tests.integration.pace import pass_minute

NOON = "2026-11-28T12:00:00.000Z"


def scored(harness: Harness) -> list[str]:
    return sorted(p.event_id for p in harness.predictions.values() if p.path == path_of("s3"))


def test_new_objects_are_scored(harness: Callable[[str], Harness]) -> None:
    direct = harness("direct")
    s3, bucket = direct.stack.client("s3"), direct.stack.outputs["sources"]["event_objects"]["name"]
    one, *rows = islice(Sessions(530).events(), 21)

    s3.put_object(Bucket=bucket, Key="new/one ü+1.json", Body=one.data)
    s3.put_object(Bucket=bucket, Key="new/more.jsonl", Body=b"\n".join(event.data for event in rows))
    s3.put_object(Bucket=bucket, Key="old/other.json", Body=b"{}")

    wait_for(lambda: scored(direct) == sorted(event.event_id for event in (one, *rows)))


@pytest.mark.long(only=True)
def test_a_large_file_of_rows_is_scored_by_the_batch_once(harness: Callable[[str], Harness]) -> None:
    queued = harness("queued")
    runs, s3 = Runs(BatchPlace.of(queued.stack)), queued.stack.client("s3")
    bucket = queued.stack.outputs["sources"]["event_objects"]["name"]
    rows = [event.data for event in islice(Sessions(532).events(), 30_000)]
    body = b"\n".join(rows)
    assert len(body) > MOST_BYTES
    before = set(runs.executions())
    version = s3.put_object(Bucket=bucket, Key="large/a ü+1.jsonl", Body=body)["VersionId"]
    s3.put_object(Bucket=bucket, Key="large/a ü+1.jsonl.more", Body=body)  # neither notified of, nor in the run
    wait_for(lambda: runs.executions().keys() > before)
    (run,) = runs.executions().keys() - before
    assert runs.wait(runs.execution(run), lambda progress: None).status == SUCCEEDED
    found = runs.status(run)
    assert found.counts is not None
    assert (found.complete, found.counts["predictions"], found.counts["objects"]) == (True, len(rows), 1)
    first = next(PastRuns(s3, runs.place.bucket).predictions(run))
    assert first["source"]["position"] == f"large/a ü+1.jsonl|{version}|0"

    notification: dict[str, Any] = {"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "eventTime": NOON}
    named = {"key": "large/a+%C3%BC%2B1.jsonl", "size": len(body), "versionId": version}
    notification["s3"] = {"bucket": {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"}, "object": named}
    answer = queued.stack.client("lambda").invoke(
        FunctionName=queued.stack.outputs["scorer"]["function_name"],
        Qualifier="live",
        Payload=json.dumps({"Records": [notification]}),
    )
    assert json.loads(answer["Payload"].read()) == {"batchItemFailures": []}
    assert runs.executions().keys() - before == {run}, "a notification that comes again starts nothing"


def test_a_prefix_is_scored_on_a_schedule(harness: Callable[[str], Harness], localstack: LocalStack) -> None:
    direct = harness("direct")
    rows = list(islice(Sessions(531).events(start=100), 6))

    with lying_there(direct.stack.client("s3"), rows[:3], rows[3:]):
        pass_minute(localstack)

        wait_for(lambda: scored(direct) == sorted(event.event_id for event in rows))


@contextmanager
def lying_there(s3: Any, *files: list[Event]) -> Iterator[None]:
    """Files of rows below the scheduled prefix; gone afterwards, as each minute would score them again."""
    keys = [f"daily/{number}.jsonl" for number in range(len(files))]
    for key, events in zip(keys, files, strict=True):
        s3.put_object(Bucket="it-scheduled", Key=key, Body=b"\n".join(event.data for event in events))
    try:
        yield
    finally:
        for key in keys:
            s3.delete_object(Bucket="it-scheduled", Key=key)
