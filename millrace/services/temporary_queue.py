"""A queue that a topic, or a bus, also sends to, for as long as something is watched."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

WAIT_SECONDS = 5


class TemporaryQueue:
    """sqs : a client. url : of the queue."""

    def __init__(self, sqs: Any, url: str) -> None:
        self._sqs, self._url = sqs, url

    def bodies(self, wait_seconds: int | None = None) -> Iterator[str]:
        """Bodies of messages that came, each once; waits for the first one for up to `wait_seconds` (WAIT_SECONDS)."""
        wait = WAIT_SECONDS if wait_seconds is None else wait_seconds
        answer = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10, WaitTimeSeconds=wait)
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
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(_policy(arn, topic, "sns"))})
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


@contextmanager
def matched(sqs: Any, events: Any, name: str, bus: str, pattern: dict[str, Any]) -> Iterator[TemporaryQueue]:
    """A queue that a rule of a bus sends the events of a pattern to, both of that name; at the end there is neither.

    bus : its name, or its ARN. A new rule may match only after a while.
    """
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    rule = {"Rule": name, "EventBusName": bus}
    made = False
    try:
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        made_arn = events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))["RuleArn"]
        made = True
        policy = json.dumps(_policy(arn, made_arn, "events"))
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        events.put_targets(**rule, Targets=[{"Id": "queue", "Arn": arn}])
        yield TemporaryQueue(sqs, url)
    finally:
        if made:
            events.remove_targets(**rule, Ids=["queue"])
            events.delete_rule(Name=name, EventBusName=bus)
        sqs.delete_queue(QueueUrl=url)


def _policy(queue: str, source: str, service: str) -> dict[str, Any]:
    """service : whose topic or rule, `source`, may send."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{service}.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": source}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}
