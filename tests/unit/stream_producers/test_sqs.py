"""Sending to an event queue, on moto."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import boto3
import pytest
from moto import mock_aws

from stream_producers import FEATURES, Receipt, Sessions, produce, with_bad
from stream_producers.targets import BatchRetry, SqsTarget

ARN = "arn:aws:sqs:eu-central-1:123456789012:events"
EVENTS = list(islice(Sessions(7).events(), 25))


@pytest.fixture
def sqs(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        yield boto3.client("sqs")


def test_events_arrive_and_the_receipts_have_their_message_ids(sqs: Any) -> None:
    url = sqs.create_queue(QueueName="events")["QueueUrl"]
    sent = list(with_bad(EVENTS, 0.3, FEATURES, seed=1, text_only=True))
    receipts = list[Receipt]()
    assert produce(sent, SqsTarget(ARN, url, sqs), receipts=receipts.extend).sent == 25

    arrived = dict[tuple[str, ...], str]()
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            arrived[(ARN, message["MessageId"])] = message["Body"]
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    expected = {event.event_id: event.data.decode() for event in sent}
    assert {receipt.event_id: arrived[receipt.position] for receipt in receipts} == expected
    assert {receipt.path for receipt in receipts} == {"event_queue"}


class Flaky:
    """Fails the first entry of the first call, answers nothing of the second, and blames the sender for the third."""

    def __init__(self) -> None:
        self.calls: list[list[str]] = []

    def send_message_batch(self, *, QueueUrl: str, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        self.calls.append([entry["MessageBody"] for entry in Entries])
        if len(self.calls) > 1:
            return {"Successful": [{"Id": entry["Id"], "MessageId": f"m{entry['Id']}"} for entry in Entries]}
        failed = [
            {"Id": "0", "Code": "InternalError", "SenderFault": False},
            {"Id": "2", "Code": "X", "SenderFault": True},
        ]
        good = [{"Id": entry["Id"], "MessageId": f"m{entry['Id']}"} for entry in Entries[3:]]
        return {"Successful": good, "Failed": failed}


def test_only_what_failed_is_sent_again_and_not_what_the_sender_is_blamed_for() -> None:
    flaky = Flaky()
    delivery = SqsTarget(ARN, "url", flaky, BatchRetry(attempts=3, wait=lambda seconds: None)).send(EVENTS[:5])
    bodies = [event.data.decode() for event in EVENTS[:5]]
    assert flaky.calls == [bodies, bodies[:2]]
    assert [position is not None for position in delivery.positions] == [True, True, False, True, True]
    assert delivery.reasons == ["event queue url: X"]
    assert delivery.resent == 2
