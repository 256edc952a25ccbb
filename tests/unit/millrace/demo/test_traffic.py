import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from millrace.demo.traffic import Load, _ways, send
from millrace.errors import UserError
from millrace.stack import Stack
from stream_producers.errors import TargetFailed
from stream_producers.report import Report
from tests.fakes.stack import stack

Client = Callable[[str], Any]


@pytest.fixture
def running(aws: Client) -> Stack:
    """One shard: moto gives one sequence number to two threads."""
    return stack(aws, shards=1)


def ignore(way: str, report: Report) -> None: ...


def load(stream: int = 60, topic: int = 20, **changes: Any) -> Load:
    return Load(
        **(
            {"events": {"event_stream": stream, "event_topic": topic}, "rate": None, "bad_fraction": 0.0, "seed": 7}
            | changes
        )
    )


def test_both_ways_get_their_events_and_each_has_a_receipt(aws: Client, running: Stack) -> None:
    reports, receipts = send(running, load(), ignore)

    assert [report.sent for report in reports] == [60, 20]
    assert Counter(receipt.path for receipt in receipts) == {"event_stream": 60, "event_topic": 20}
    assert all(receipt.position for receipt in receipts)
    assert len(records(aws)) == 60


def test_a_third_source_gets_its_events_and_ends_with_the_others(running: Stack) -> None:
    running.outputs["sources"]["orders"] = running.outputs["sources"]["event_stream"]
    counts, last = {"event_stream": 60, "event_topic": 20, "orders": 30}, dict[str, int]()

    reports, receipts = send(running, load(events=counts), lambda source, report: last.update({source: report.sent}))

    assert [report.sent for report in reports] == [60, 20, 30]
    assert last == counts
    assert len({receipt.event_id for receipt in receipts}) == 110
    assert [way.pace.rate for way in _ways(running, load(events=counts, rate=600.0))] == [600.0, 200.0, 300.0]


def test_a_source_that_the_stack_does_not_have_is_refused(running: Stack) -> None:
    with pytest.raises(UserError, match=r"expected a source of the stack \(event_stream, event_topic\), got 'pigeons'"):
        send(running, load(events={"pigeons": 1}), ignore)


def test_no_session_goes_both_ways(running: Stack) -> None:
    _, receipts = send(running, load(start=1_000), ignore)

    assert sorted(receipt.event_id for receipt in receipts) == [f"session-7-{n:09}" for n in range(1_000, 1_080)]


def test_the_same_seed_sends_the_same_events(aws: Client, running: Stack) -> None:
    send(running, load(topic=0, bad_fraction=0.2), ignore)
    once = records(aws)
    send(running, load(topic=0, bad_fraction=0.2), ignore)

    assert Counter(records(aws)) == Counter(once + once)


def test_bad_events_come_with_the_code_that_is_due(running: Stack) -> None:
    reports, receipts = send(running, load(bad_fraction=1.0), ignore)

    assert [report.bad for report in reports] == [60, 20]
    assert all(receipt.expected_code for receipt in receipts)


def test_progress_is_told_for_each_way(running: Stack) -> None:
    last: dict[str, int] = {}

    send(running, load(), lambda way, report: last.update({way: report.sent}))

    assert last == {"event_stream": 60, "event_topic": 20}


def test_nothing_to_send(running: Stack) -> None:
    reports, receipts = send(running, load(0, 0), ignore)

    assert ([report.sent for report in reports], receipts) == ([0, 0], [])


@pytest.mark.parametrize(
    ("stream", "topic", "rate", "rates"),
    [
        (10_000, 500, 1_000.0, [1_000.0, 50.0]),  # both end after 10 s
        (10_000, 0, 1_000.0, [1_000.0, 1.0]),
        (0, 500, 100.0, [100.0, 100.0]),
        (10_000, 500, None, [None, None]),
    ],
)
def test_both_ways_end_together(
    running: Stack, stream: int, topic: int, rate: float | None, rates: list[float | None]
) -> None:
    ways = _ways(running, load(stream, topic, rate=rate))

    assert [way.pace.rate for way in ways] == rates
    assert [way.pace.total for way in ways] == [stream, topic]


def test_a_way_that_fails_stops_the_other(aws: Client, running: Stack) -> None:
    """At 50 events a second the other one would take minutes."""
    aws("kinesis").delete_stream(StreamName="events")

    with pytest.raises(TargetFailed, match="event stream events answers ResourceNotFoundException"):
        send(running, load(10_000, 10_000, rate=50.0), ignore)


def test_ctrl_c_stops_both(running: Stack) -> None:
    def interrupt(way: str, report: Report) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        send(running, load(600, 600, rate=5.0), interrupt)


def records(aws: Client) -> list[str]:
    kinesis = aws("kinesis")
    shard = {"StreamName": "events", "ShardId": "shardId-000000000000", "ShardIteratorType": "TRIM_HORIZON"}
    answer = kinesis.get_records(ShardIterator=kinesis.get_shard_iterator(**shard)["ShardIterator"])
    return [json.dumps(record["Data"].decode("latin-1")) for record in answer["Records"]]
