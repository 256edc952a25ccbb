"""The alarms, and whether one of them is in ALARM."""

from typing import Any

from millrace.doctor.ask import Answer, Known
from millrace.doctor.finding import ExaminedStack, Finding, fault, judged, ok, warning

Document = dict[str, Any]


def wanted(place: ExaminedStack) -> Document:
    """What to ask cloudwatch:DescribeAlarms for: the alarms that Terraform made.

    A stack that was deployed before the outputs had their names has those of the scorer only.
    """
    names = _made(place)
    return {"AlarmNames": names} if names else {"AlarmNamePrefix": place.outputs["scorer"]["function_name"]}


def alarms(place: ExaminedStack, answer: Answer[Document]) -> list[Finding]:
    """Of cloudwatch:DescribeAlarms: one finding for each that is in ALARM, else one for all."""
    check = "alarms"

    def judge(found: Document) -> Finding:
        there = found["MetricAlarms"]
        if not there:
            return warning(check, "there are none", place.deploy)
        if missing := sorted(set(_made(place)) - {alarm["AlarmName"] for alarm in there}):
            return warning(check, f"missing: {', '.join(missing)}", place.deploy)
        silent = [alarm["AlarmName"] for alarm in there if not alarm.get("ActionsEnabled", True)]
        if silent:
            fix = place.aws(f"cloudwatch enable-alarm-actions --alarm-names {' '.join(silent)}")
            return warning(check, f"actions disabled: {', '.join(silent)}", fix)
        deaf = "" if any(alarm["AlarmActions"] for alarm in there) else "; they notify no topic (alarms.topic_arn)"
        return ok(check, f"{len(there)}, none in ALARM{deaf}")

    in_alarm = [_alarming(alarm) for alarm in _in_alarm(answer.value)] if isinstance(answer, Known) else []
    return in_alarm or [judged(check, answer, judge, place.deploy)]


def _made(place: ExaminedStack) -> list[str]:
    names: list[str] = (place.outputs.get("observability") or {}).get("alarms", [])
    return names


def _in_alarm(found: Document) -> list[Document]:
    return [alarm for alarm in found["MetricAlarms"] if alarm["StateValue"] == "ALARM"]


def _alarming(alarm: Document) -> Finding:
    description = alarm.get("AlarmDescription") or "docs/runbook.md"
    return fault(
        f"alarm {alarm['AlarmName']}", f"in ALARM: {alarm.get('StateReason') or 'no reason given'}", description
    )
