"""A queue that a topic, or a bus, also sends to, for as long as something is watched."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from millrace.errors import UserError

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
    with ExitStack() as ends:  # each of them, whatever fails
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        ends.callback(sqs.delete_queue, QueueUrl=url)
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(_policy(arn, topic, "sns"))})
        answer = sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=arn,
            ReturnSubscriptionArn=True,
            Attributes={"RawMessageDelivery": str(raw).lower()},
        )
        ends.callback(sns.unsubscribe, SubscriptionArn=answer["SubscriptionArn"])
        yield TemporaryQueue(sqs, url)


@contextmanager
def matched(sqs: Any, events: Any, name: str, bus: str, pattern: dict[str, Any]) -> Iterator[TemporaryQueue]:
    """A queue that a rule of a bus sends the events of a pattern to, both of that name; at the end there is neither.

    bus : its name, or its ARN. A new rule may match only after a while. Raises UserError where the rule does not take
    the queue for its target.
    """
    rule = {"Rule": name, "EventBusName": bus}
    with ExitStack() as ends:  # each of them, whatever fails
        url = sqs.create_queue(QueueName=name)["QueueUrl"]
        ends.callback(sqs.delete_queue, QueueUrl=url)
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        made_arn = events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))["RuleArn"]
        ends.callback(events.delete_rule, Name=name, EventBusName=bus)
        policy = json.dumps(_policy(arn, made_arn, "events"))
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})
        answer = events.put_targets(**rule, Targets=[{"Id": "queue", "Arn": arn}])
        if answer["FailedEntryCount"]:
            why = "; ".join(f"{one['ErrorCode']}: {one['ErrorMessage']}" for one in answer["FailedEntries"])
            raise UserError(f"rule {name} of the bus {bus}: expected the queue {name} as its target, got {why}")
        ends.callback(events.remove_targets, **rule, Ids=["queue"])
        yield TemporaryQueue(sqs, url)


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
