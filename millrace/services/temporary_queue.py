"""A queue that a topic also sends to, for as long as something is watched."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

WAIT_SECONDS = 5


class TemporaryQueue:
    """sqs : a client. url : of the queue."""

    def __init__(self, sqs: Any, url: str) -> None:
        self._sqs, self._url = sqs, url

    def bodies(self, wait_seconds: int = WAIT_SECONDS) -> Iterator[str]:
        """Bodies of messages that came, each once; waits for the first one for up to `wait_seconds`."""
        answer = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10, WaitTimeSeconds=wait_seconds)
        if messages := answer.get("Messages", []):
            entries = [{"Id": str(i), "ReceiptHandle": one["ReceiptHandle"]} for i, one in enumerate(messages)]
            self._sqs.delete_message_batch(QueueUrl=self._url, Entries=entries)
        yield from (message["Body"] for message in messages)


@contextmanager
def subscribed(sqs: Any, sns: Any, name: str, topic: str, *, raw: bool) -> Iterator[TemporaryQueue]:
    """A queue of that name which is subscribed to a topic; at the end there is neither.

    raw : messages come as they were published; else in SNS's envelope.
    """
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    subscription = ""
    try:
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(_policy(arn, topic))})
        answer = sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=arn,
            ReturnSubscriptionArn=True,
            Attributes={"RawMessageDelivery": str(raw).lower()},
        )
        subscription = answer["SubscriptionArn"]
        yield TemporaryQueue(sqs, url)
    finally:
        if subscription:
            sns.unsubscribe(SubscriptionArn=subscription)
        sqs.delete_queue(QueueUrl=url)


def _policy(queue: str, topic: str) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topic}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
