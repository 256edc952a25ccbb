"""Whether an alarm's change of state arrives at who is subscribed to the stack's topic."""

import json
from collections.abc import Callable
from typing import Any

from millrace.errors import UserError
from millrace.services import sns, sqs
from millrace.services.temporary_queue import subscribed
from millrace.stack import Stack


def alarm_is_sent(stack: Stack, name: str, expired: Callable[[], bool]) -> str:
    """Put an alarm into ALARM; its name once a queue that is subscribed to the topic has the notification.

    CloudWatch puts the alarm back by itself when it evaluates it next. name : of the queue, which lasts as long as
    this. Raises UserError where nothing came before `expired`.
    """
    outputs, cloudwatch = stack.outputs["observability"], stack.client("cloudwatch")
    clients = stack.client(sqs.SERVICE), stack.client(sns.SERVICE)
    with subscribed(*clients, name, outputs["topic_arn"], raw=False) as queue:
        alarm = _quiet(cloudwatch, outputs["alarms"])
        cloudwatch.set_alarm_state(AlarmName=alarm, StateValue="ALARM", StateReason="millrace smoke: a test")
        while not expired():
            if any(_is_of(body, alarm) for body in queue.bodies()):
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


def _is_of(body: str, alarm: str) -> bool:
    """Whether a notification of SNS has an alarm's change to ALARM; other messages on the topic are none of ours."""
    try:
        message = json.loads(json.loads(body)["Message"])
    except (KeyError, TypeError, ValueError):
        return False
    return isinstance(message, dict) and (message.get("AlarmName"), message.get("NewStateValue")) == (alarm, "ALARM")
