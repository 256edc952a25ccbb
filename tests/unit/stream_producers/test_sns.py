import json
from collections.abc import Iterator
from itertools import islice

import boto3
import pytest
from moto import mock_aws

from stream_producers import FEATURES, Event, Receipt, Sessions, SnsTarget, TargetFailed, produce, with_bad
from stream_producers.targets import BatchRetry
from tests.fakes.targets import TOPIC_ARN, FakeSns

EVENTS = list(islice(Sessions(7).events(), 25))


def target(fake: FakeSns) -> SnsTarget:
    return SnsTarget.open(TOPIC_ARN, fake, BatchRetry(attempts=3, wait=lambda seconds: None))


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        yield


@pytest.mark.usefixtures("aws")
def test_events_arrive_and_the_receipts_say_under_which_message_id() -> None:
    sns, sqs = boto3.client("sns"), boto3.client("sqs")
    topic = sns.create_topic(Name="events")["TopicArn"]
    queue = sqs.create_queue(QueueName="events")["QueueUrl"]
    queue_arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue_arn)

    sent = list(with_bad(EVENTS, 0.3, FEATURES, seed=1, text_only=True))
    receipts = list[Receipt]()
    assert produce(sent, SnsTarget.open(topic), receipts=receipts.extend).sent == 25

    arrived = dict[tuple[str, ...], str]()
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            envelope = json.loads(message["Body"])
            arrived[(topic, envelope["MessageId"])] = envelope["Message"]
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    expected = {event.event_id: event.data.decode() for event in sent}
    assert {r.event_id: arrived[r.position] for r in receipts} == expected
    assert {receipt.path for receipt in receipts} == {"event_topic"}


@pytest.mark.usefixtures("aws")
def test_a_topic_that_does_not_exist_is_said_before_anything_is_sent() -> None:
    arn = "arn:aws:sns:eu-central-1:123456789012:none"
    with pytest.raises(TargetFailed, match=f"event topic {arn} answers NotFound.*create it"):
        SnsTarget.open(arn)


def test_calls_are_full() -> None:
    fake = FakeSns()
    produce(EVENTS, target(fake))
    assert sorted(len(call) for call in fake.calls) == [5, 10, 10]


def test_entries_that_failed_are_sent_again_alone() -> None:
    fake = FakeSns(lambda call, index: "failed" if call == 1 and index in (2, 5) else "taken")
    receipts = list[Receipt]()
    report = produce(EVENTS[:10], target(fake), receipts=receipts.extend)
    assert fake.calls[1] == [EVENTS[2].data.decode(), EVENTS[5].data.decode()]
    assert (report.sent, report.resent, report.failed) == (10, 2, 0)
    assert receipts[5].position == (TOPIC_ARN, "message-10")


def test_an_entry_with_a_fault_of_the_sender_is_not_sent_again() -> None:
    fake = FakeSns(lambda call, index: "at fault" if index == 0 else "taken")
    report = produce(EVENTS[:10], target(fake))
    assert (report.sent, report.resent, report.failed, len(fake.calls)) == (9, 0, 1, 1)
    assert report.reasons == {f"event topic {TOPIC_ARN}: Told": 1}


def test_an_entry_that_the_answer_leaves_out_is_not_taken_for_sent() -> None:
    fake = FakeSns(lambda call, index: "silent" if index == 0 else "taken")
    report = produce(EVENTS[:10], target(fake))
    assert (report.sent, report.resent, report.failed) == (9, 2, 1)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "an SNS message has at least one character"),
        (b"\xff", "an SNS message is UTF-8 text"),
        (b"x" * (2**18 + 1), "larger than the 262,144 bytes that an event may have there"),
    ],
)
def test_what_sns_cannot_carry_fails_alone(data: bytes, reason: str) -> None:
    fake = FakeSns()
    report = produce([Event("bad", data, "k"), EVENTS[0]], target(fake))
    assert (report.sent, report.failed, report.reasons) == (1, 1, {reason: 1})


def test_a_call_holds_at_most_256_kib() -> None:
    fake = FakeSns()
    produce([Event(str(i), b"x" * 100_000, "k") for i in range(5)], target(fake))
    assert sorted(len(call) for call in fake.calls) == [1, 2, 2]
