"""Checks of event sources that Lambda polls: the event source mapping, and how long events wait."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from millrace.doctor.ask import Ask
from millrace.doctor.finding import ExaminedStack, Finding, fault, judged, ok, unknown, warning
from millrace.sources.operations import CloudWatchMetric

RESOURCE = "aws_lambda_event_source_mapping"
METRIC_MINUTES = 15
WARN_SECONDS = 60.0


def mapping(place: ExaminedStack, ask: Ask, name: str, end: str) -> Finding:
    """Of lambda:ListEventSourceMappings: there is one, it is enabled, and its last poll went well.

    end : what the ARN of the stream or queue ends with.
    """
    check = f"{name} mapping"
    answer = ask("lambda", "list_event_source_mappings", FunctionName=place.scorer)
    return judged(check, answer, lambda found: _mapping(place, check, found["EventSourceMappings"], end), place.deploy)


def _mapping(place: ExaminedStack, check: str, found: Sequence[Mapping[str, Any]], end: str) -> Finding:
    mapping = next((one for one in found if one.get("EventSourceArn", "").endswith(end)), None)
    if mapping is None:
        return fault(check, "there is none: nothing calls the scorer", place.deploy)
    state, result = mapping["State"], mapping.get("LastProcessingResult", "")
    if state == "Disabled":
        enable = place.aws(f"lambda update-event-source-mapping --uuid {mapping['UUID']} --enabled")
        return fault(check, f"disabled: {_reason(mapping)}", enable)
    if state != "Enabled":
        return warning(check, f"state {state}: {_reason(mapping)}", "run it again in a minute")
    if result.startswith("PROBLEM"):
        log = place.aws(f"logs tail {place.outputs['scorer']['log_group']} --since 1h")
        return fault(check, result, f"see why in the function's log: {log}")
    return ok(check, f"enabled; last poll: {result or 'none yet'}")


def _reason(mapping: Mapping[str, Any]) -> str:
    reason: str = mapping.get("StateTransitionReason") or "no reason given"
    return reason


def age(place: ExaminedStack, ask: Ask, name: str, metric: CloudWatchMetric, value: str) -> Finding:
    """Of cloudwatch:GetMetricStatistics: how long events wait. value : of the metric's dimension."""
    check, now = f"{name} age", datetime.now(UTC)
    answer = ask(
        "cloudwatch",
        "get_metric_statistics",
        Namespace=metric.namespace,
        MetricName=metric.name,
        Dimensions=[{"Name": metric.dimension, "Value": value}],
        StartTime=now - timedelta(minutes=METRIC_MINUTES),
        EndTime=now,
        Period=60,
        Statistics=["Maximum"],
    )

    def judge(found: dict[str, Any]) -> Finding:
        ages = [point["Maximum"] * metric.unit_seconds for point in found["Datapoints"]]
        within = f"in the last {METRIC_MINUTES} minutes"
        if not ages:
            return unknown(check, f"no data {within}: no traffic, or a place without this metric")
        if max(ages) > WARN_SECONDS:
            what = f"events waited up to {max(ages):,.0f} s {within}"
            return warning(check, what, 'docs/runbook.md, "The iterator age grows"')
        return ok(check, f"events waited at most {max(ages):.1f} s {within}")

    return judged(check, answer, judge, place.deploy)
