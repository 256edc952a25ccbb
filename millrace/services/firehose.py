"""Firehose delivery streams."""

from typing import Any

from millrace.doctor.ask import Answer, Ask
from millrace.doctor.finding import ExaminedStack, Finding, fault, judged, ok

SERVICE = "firehose"
RESOURCE = "aws_kinesis_firehose_delivery_stream"
GIGABYTES = "firehose_gb"


def description(ask: Ask, name: str) -> Answer[dict[str, Any]]:
    return ask(SERVICE, "describe_delivery_stream", DeliveryStreamName=name)


def check(place: ExaminedStack, name: str, answer: Answer[dict[str, Any]]) -> Finding:
    """Of firehose:DescribeDeliveryStream: whether the delivery stream is there and in use."""

    def judge(found: dict[str, Any]) -> Finding:
        status = found["DeliveryStreamDescription"]["DeliveryStreamStatus"]
        if status != "ACTIVE":
            return fault(name, f"the delivery stream is {status}", place.deploy)
        return ok(name, "Firehose, active")

    return judged(name, answer, judge, place.deploy)
