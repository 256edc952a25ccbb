"""EventBridge: buses and rules."""

from typing import Any

from millrace.doctor.ask import Answer, Ask
from millrace.doctor.finding import ExaminedStack, Finding, fault, judged, ok
from millrace.services.charges import Charge

SERVICE = "events"
RESOURCE = "aws_cloudwatch_event_bus"
PUTS = "eventbridge_million_events"


def puts(note: str = "") -> Charge:
    return Charge("EventBridge events", PUTS, note)


def bus(ask: Ask, name: str) -> Answer[dict[str, Any]]:
    return ask(SERVICE, "describe_event_bus", Name=name)


def check(place: ExaminedStack, name: str, answer: Answer[dict[str, Any]]) -> Finding:
    """Of events:DescribeEventBus: whether the bus is there."""

    def judge(found: dict[str, Any]) -> Finding:
        return ok(name, f"EventBridge, bus {found['Name']}")

    return judged(name, answer, judge, place.deploy)


def rules(ask: Ask, bus_name: str) -> Answer[dict[str, Any]]:
    return ask(SERVICE, "list_rules", EventBusName=bus_name)


def check_rule(place: ExaminedStack, name: str, answer: Answer[dict[str, Any]]) -> Finding:
    """Of events:ListRules: whether a rule of the stack passes events on."""
    check = f"{name} rule"

    def judge(found: dict[str, Any]) -> Finding:
        stack = place.outputs["scorer"]["function_name"].removesuffix("scorer")
        ours = [rule for rule in found["Rules"] if rule["Name"].startswith(stack)]
        if not ours:
            return fault(check, "there is none: nothing calls the scorer", place.deploy)
        if ours[0]["State"] != "ENABLED":
            return fault(check, "disabled", place.deploy)
        return ok(check, "enabled")

    return judged(check, answer, judge, place.deploy)
