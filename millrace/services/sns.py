"""SNS topics."""

from typing import Any

from millrace.doctor.ask import Answer, Ask
from millrace.doctor.finding import ExaminedStack, Finding, judged, ok
from millrace.services.charges import Charge

SERVICE = "sns"
RESOURCE = "aws_sns_topic"
PUBLISHES = "sns_million_publishes"


def publishes(note: str = "") -> Charge:
    return Charge("SNS publishes", PUBLISHES, note)


def attributes(ask: Ask, arn: str) -> Answer[dict[str, Any]]:
    return ask(SERVICE, "get_topic_attributes", TopicArn=arn)


def subscriptions(ask: Ask, arn: str) -> Answer[dict[str, Any]]:
    return ask(SERVICE, "list_subscriptions_by_topic", TopicArn=arn)


def check(place: ExaminedStack, name: str, answer: Answer[dict[str, Any]]) -> Finding:
    """Of sns:GetTopicAttributes: whether the topic is there."""

    def judge(found: dict[str, Any]) -> Finding:
        encrypted = "encrypted" if found["Attributes"].get("KmsMasterKeyId") else "not encrypted by a key of yours"
        return ok(name, f"SNS, {encrypted}")

    return judged(name, answer, judge, place.deploy)
