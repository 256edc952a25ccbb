"""SQS queues."""

from typing import Any

from millrace.doctor.ask import Answer, Ask
from millrace.doctor.finding import ExaminedStack, Finding, judged, ok
from millrace.services.charges import Charge

SERVICE = "sqs"
RESOURCE = "aws_sqs_queue"
REQUESTS = "sqs_million_requests"


def requests(note: str = "", each: int = 1, resource: str = "") -> Charge:
    return Charge("SQS requests", REQUESTS, note, each, resource=resource)


def attributes(ask: Ask, url: str) -> Answer[dict[str, Any]]:
    return ask(SERVICE, "get_queue_attributes", QueueUrl=url, AttributeNames=["All"])


def queue_name(url: str) -> str:
    return url.rsplit("/", 1)[-1]


def check(place: ExaminedStack, name: str, answer: Answer[dict[str, Any]]) -> Finding:
    """Of sqs:GetQueueAttributes: whether the queue is there."""

    def judge(found: dict[str, Any]) -> Finding:
        return ok(name, f"SQS, {int(found['Attributes'].get('ApproximateNumberOfMessages', 0)):,} messages wait")

    return judged(name, answer, judge, place.deploy)
