"""Objects in S3 as an event source: by notification, and on a schedule."""

from collections.abc import Callable
from itertools import islice

from millrace.sources import path_of
from millrace_localstack.launcher import LocalStack
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
    s3, rows = direct.stack.client("s3"), list(islice(Sessions(531).events(start=100), 6))
    for number in (0, 3):
        body = b"\n".join(event.data for event in rows[number : number + 3])
        s3.put_object(Bucket="it-scheduled", Key=f"daily/{number}.jsonl", Body=body)

    pass_minute(localstack)

    wait_for(lambda: scored(direct) == sorted(event.event_id for event in rows), 60)
