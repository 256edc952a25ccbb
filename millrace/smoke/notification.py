"""Whether an alarm's change of state arrives at who is subscribed to the stack's topic."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from millrace.errors import UserError
from millrace.services import sns
from millrace.stack import Stack

WAIT_SECONDS = 5


def alarm_is_sent(stack: Stack, name: str, expired: Callable[[], bool]) -> str:
    """Put an alarm into ALARM; its name once a queue that is subscribed to the topic has the notification.

    CloudWatch puts the alarm back by itself when it evaluates it next. name : of the queue, which lasts as long as
    this. Raises UserError where nothing came before `expired`.
    """
    outputs, cloudwatch = stack.outputs["observability"], stack.client("cloudwatch")
    with _subscribed(stack, name, outputs["topic_arn"]) as (sqs, url):
        alarm = _quiet(cloudwatch, outputs["alarms"])
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="millrace smoke: a test")
        while not expired():
            if any(_is_of(body, alarm) for body in _received(sqs, url)):
                return alarm
    raise UserError(
        f"expected a notification of {alarm}, got none from {outputs['topic_arn']}; see that the topic's and its key's "
        "policies allow CloudWatch (docs/aws.md)"
    )


def _quiet(cloudwatch: Any, names: list[str]) -> str:
    """An alarm that is not in ALARM: only a change of state is sent."""
    found = cloudwatch.describe_alarms(AlarmNames=names)["MetricAlarms"]
    for one in found:
        if one["StateValue"] != "ALARM":
            alarm: str = one["AlarmName"]
            return alarm
    raise UserError(f"expected an alarm that is not in ALARM, got {len(found)} that are; see docs/runbook.md")


@contextmanager
def _subscribed(stack: Stack, name: str, topic: str) -> Iterator[tuple[Any, str]]:
    sqs, topics = stack.client("sqs"), stack.client(sns.SERVICE)
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    subscription = ""
    try:
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(_policy(arn, topic))})
        subscription = topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, ReturnSubscriptionArn=True)[
            "SubscriptionArn"
        ]
        yield sqs, url
    finally:
        if subscription:
            topics.unsubscribe(SubscriptionArn=subscription)
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


def _received(sqs: Any, url: str) -> Iterator[str]:
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=WAIT_SECONDS)
    for message in answer.get("Messages", []):
        yield message["Body"]


def _is_of(body: str, alarm: str) -> bool:
    """Whether a notification of SNS has an alarm's change to ALARM; other messages on the topic are none of ours."""
    try:
        message = json.loads(json.loads(body)["Message"])
    except (KeyError, TypeError, ValueError):
        return False
    return isinstance(message, dict) and (message.get("AlarmName"), message.get("NewStateValue")) == (alarm, "ALARM")
