"""Objects in S3 as an event source: by notification, and on a schedule."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any

from millrace.sources import path_of
from millrace_localstack.launcher import LocalStack
from stream_producers.event import Event
from stream_producers.synthetic import Sessions
from tests.integration.harness import Harness, wait_for
from tests.integration.pace import pass_minute


def scored(harness: Harness) -> list[str]:
    return sorted(p.event_id for p in harness.predictions.values() if p.path == path_of("s3"))


def test_new_objects_are_scored(harness: Callable[[str], Harness]) -> None:
    direct = harness("direct")
    s3, bucket = direct.stack.client("s3"), direct.stack.outputs["sources"]["event_objects"]["name"]
    one, *rows = islice(Sessions(530).events(), 21)

    s3.put_object(Bucket=bucket, Key="new/one ü+1.json", Body=one.data)
    s3.put_object(Bucket=bucket, Key="new/more.jsonl", Body=b"\n".join(event.data for event in rows))
    s3.put_object(Bucket=bucket, Key="old/other.json", Body=b"{}")

    wait_for(lambda: scored(direct) == sorted(event.event_id for event in (one, *rows)), 60)


def test_a_prefix_is_scored_on_a_schedule(harness: Callable[[str], Harness], localstack: LocalStack) -> None:
    direct = harness("direct")
    rows = list(islice(Sessions(531).events(start=100), 6))

    with lying_there(direct.stack.client("s3"), rows[:3], rows[3:]):
        pass_minute(localstack)

        wait_for(lambda: scored(direct) == sorted(event.event_id for event in rows), 60)


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
