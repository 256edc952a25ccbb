from collections.abc import Iterator
from itertools import islice

import boto3
import pytest
from botocore.exceptions import NoRegionError
from moto import mock_aws

from stream_producers import FEATURES, Event, KinesisTarget, Pace, Receipt, Sessions, TargetFailed, produce, with_bad
from stream_producers.targets import BatchRetry
from tests.fakes.targets import ARN, FakeKinesis, client_error, no_connection, time_out

EVENTS = list(islice(Sessions(7).events(), 1_200))


def at_once() -> BatchRetry:
    return BatchRetry(attempts=4, wait=lambda seconds: None)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        yield


def read(stream: str) -> dict[tuple[str, str], tuple[bytes, str]]:
    """Every record's data and key, by shard and sequence number."""
    kinesis, records = boto3.client("kinesis"), {}
    for shard in kinesis.list_shards(StreamName=stream)["Shards"]:
        at = kinesis.get_shard_iterator(StreamName=stream, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")[
            "ShardIterator"
        ]
        for record in kinesis.get_records(ShardIterator=at, Limit=10_000)["Records"]:
            records[shard["ShardId"], record["SequenceNumber"]] = record["Data"], record["PartitionKey"]
    return records


@pytest.mark.usefixtures("aws")
def test_events_arrive_and_the_receipts_say_where() -> None:
    boto3.client("kinesis").create_stream(StreamName="events", ShardCount=3)
    sent = list(with_bad(EVENTS, 0.2, FEATURES, seed=1))
    receipts = list[Receipt]()
    # One call at a time: moto can give one sequence number to two threads.
    report = produce(sent, KinesisTarget.open("events"), receipts=receipts.extend, calls=1)
    assert (report.sent, report.failed, report.resent) == (1_200, 0, 0)
    assert report.bad == sum(event.expected_code is not None for event in sent) > 0

    arn = boto3.client("kinesis").describe_stream_summary(StreamName="events")["StreamDescriptionSummary"]["StreamARN"]
    arrived = {(arn, *position): record for position, record in read("events").items()}
    expected = {event.event_id: event for event in sent}
    assert len(receipts) == len(arrived) == 1_200
    for receipt in receipts:
        event = expected.pop(receipt.event_id)
        assert receipt.path == "event_stream"
        assert arrived[receipt.position] == (event.data, event.partition_key)
        assert (receipt.expected_code, receipt.outcome) == (event.expected_code, event.outcome)
    assert not expected


@pytest.mark.usefixtures("aws")
def test_a_stream_that_does_not_exist_is_said_before_anything_is_sent() -> None:
    with pytest.raises(TargetFailed, match=r"event stream none answers ResourceNotFoundException.*create it"):
        KinesisTarget.open("none")


def test_a_missing_region_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_region(*args: object) -> None:
        raise NoRegionError

    monkeypatch.setattr("stream_producers.targets.kinesis.client", no_region)
    with pytest.raises(TargetFailed, match="set AWS_DEFAULT_REGION"):
        KinesisTarget.open("events")


def test_calls_are_full() -> None:
    fake = FakeKinesis()
    produce(EVENTS, KinesisTarget.open("events", fake))
    assert sorted(len(call) for call in fake.calls) == [200, 500, 500]


def test_entries_that_failed_are_sent_again_alone() -> None:
    fake = FakeKinesis(refuse=lambda call, index: call == 1 and index % 100 == 7)
    target = KinesisTarget.open("events", fake, at_once())
    receipts = list[Receipt]()
    report = produce(EVENTS[:500], target, receipts=receipts.extend, calls=1)
    assert fake.calls[1] == [event.data for event in EVENTS[7:500:100]]
    assert (report.sent, report.resent, report.failed) == (500, 5, 0)
    again = [receipt.position for receipt in receipts[7::100]]
    assert again == [(ARN, "shardId-000000000000", str(n)) for n in range(496, 501)]


def test_entries_that_keep_failing_are_counted_and_the_rest_goes_on() -> None:
    fake = FakeKinesis(refuse=lambda call, index: index == 0)
    report = produce(EVENTS, KinesisTarget.open("events", fake, at_once()), calls=1)
    assert (report.sent, report.failed, report.resent) == (1_197, 3, 9)
    assert report.reasons == {"event stream events: ProvisionedThroughputExceededException": 3}


@pytest.mark.parametrize(
    "error",
    [no_connection(), time_out(), client_error("InternalFailure", 500), client_error("ThrottlingException")],
    ids=["no connection", "time-out", "server error", "throttle"],
)
def test_a_call_that_may_pass_is_made_again(error: Exception) -> None:
    fake = FakeKinesis(errors=[error, error])
    report = produce(EVENTS[:500], KinesisTarget.open("events", fake, at_once()))
    assert (report.sent, report.resent, report.failed) == (500, 1_000, 0)


def test_a_stream_that_does_not_answer_ends_the_run() -> None:
    fake = FakeKinesis(errors=[no_connection()] * 4)
    with pytest.raises(TargetFailed, match="event stream events does not answer") as failed:
        produce(EVENTS, KinesisTarget.open("events", fake, at_once()), calls=1)
    report = failed.value.report
    assert report is not None
    assert (report.sent, report.failed, report.resent) == (0, 500, 1_500)


@pytest.mark.parametrize("code", ["AccessDeniedException", "ResourceNotFoundException", "ValidationException"])
def test_a_refused_call_is_not_made_again(code: str) -> None:
    fake = FakeKinesis(errors=[client_error(code)])
    with pytest.raises(TargetFailed, match=f"event stream events answers {code}: as told"):
        produce(EVENTS, KinesisTarget.open("events", fake, at_once()), calls=1)
    assert len(fake.calls) == 1


def test_an_event_above_1_mib_fails_alone() -> None:
    key, limit = "k" * 10, 2**20
    events = [Event("ok", b"x" * (limit - 10), key), Event("too large", b"x" * (limit - 9), key)]
    fake = FakeKinesis()
    report = produce(events, KinesisTarget.open("events", fake))
    assert (report.sent, report.failed) == (1, 1)
    assert [len(data) for data in fake.stored] == [limit - 10]
    assert report.reasons == {"larger than the 1,048,576 bytes that an event may have there": 1}


def test_a_call_holds_at_most_5_mib() -> None:
    fake = FakeKinesis()
    produce([Event(str(i), b"x" * 900_000, "k") for i in range(12)], KinesisTarget.open("events", fake))
    assert sorted(len(call) for call in fake.calls) == [2, 5, 5]


def test_an_empty_event_may_go() -> None:
    fake = FakeKinesis()
    assert produce([Event("empty", b"", "k")], KinesisTarget.open("events", fake)).sent == 1


@pytest.mark.parametrize(("key", "sent"), [("", 0), ("k", 1), ("é" * 256, 1), ("k" * 257, 0)])
def test_a_partition_key_has_1_to_256_characters(key: str, sent: int) -> None:
    assert produce([Event("e", b"x", key)], KinesisTarget.open("events", FakeKinesis())).sent == sent


def test_a_count_bounds_an_endless_source() -> None:
    fake = FakeKinesis()
    assert produce(Sessions(7).events(), KinesisTarget.open("events", fake), pace=Pace(count=1_001)).sent == 1_001
    assert len(fake.stored) == 1_001
