"""The event sources: the mappings that call the scorer, and the topic's subscription."""

from collections.abc import Mapping, Sequence
from typing import Any

from millrace.doctor.ask import Answer
from millrace.doctor.finding import Finding, Place, fault, judged, ok, unknown, warning

Document = dict[str, Any]


def mappings(place: Place, answer: Answer[Document]) -> list[Finding]:
    """Of lambda:ListEventSourceMappings: each source has one, it is enabled, and its last poll went well."""
    topic = place.outputs["event_topic"]
    sources = {"event_stream": place.outputs["event_stream"]["arn"]}
    if topic.get("queue_url"):
        sources["event_topic"] = ":" + topic["queue_url"].rsplit("/", 1)[-1]

    def finding(name: str, end: str) -> Finding:
        check = f"{name} mapping"
        return judged(
            check, answer, lambda found: _mapping(place, check, found["EventSourceMappings"], end), place.deploy
        )

    return [finding(name, end) for name, end in sources.items()]


def _mapping(place: Place, check: str, found: Sequence[Mapping[str, Any]], end: str) -> Finding:
    mapping = next((one for one in found if one.get("EventSourceArn", "").endswith(end)), None)
    if mapping is None:
        return fault(check, "there is none: nothing calls the scorer", place.deploy)
    state, result = mapping["State"], mapping.get("LastProcessingResult", "")
    if state == "Disabled":
        return fault(check, f"disabled: {_reason(mapping)}", enable(place, mapping))
    if state != "Enabled":
        return warning(check, f"state {state}: {_reason(mapping)}", "run it again in a minute")
    if result.startswith("PROBLEM"):
        return fault(check, result, f"see why in the function's log: {log(place)}")
    return ok(check, f"enabled; last poll: {result or 'none yet'}")


def _reason(mapping: Mapping[str, Any]) -> str:
    reason: str = mapping.get("StateTransitionReason") or "no reason given"
    return reason


def enable(place: Place, mapping: Mapping[str, Any]) -> str:
    return place.aws(f"lambda update-event-source-mapping --uuid {mapping['UUID']} --enabled")


def log(place: Place) -> str:
    return place.aws(f"logs tail {place.outputs['scorer']['log_group']} --since 1h")


def subscription(place: Place, answer: Answer[Document]) -> Finding:
    """Of sns:ListSubscriptionsByTopic: the topic tells its queue, or the scorer itself where delivery is direct."""
    check, topic = "event_topic subscription", place.outputs["event_topic"]
    direct = topic["delivery"] == "direct"
    protocol = "lambda" if direct else "sqs"
    end = f":{place.outputs['scorer']['alias']}" if direct else f":{(topic.get('queue_url') or '/').rsplit('/', 1)[-1]}"

    def judge(found: Document) -> Finding:
        ours = [one for one in found["Subscriptions"] if one["Protocol"] == protocol and one["Endpoint"].endswith(end)]
        if not ours:
            return fault(check, f"there is none by {protocol}: what is published goes nowhere", place.deploy)
        if ours[0]["SubscriptionArn"] == "PendingConfirmation":
            return fault(check, "waits to be confirmed", place.deploy)
        return ok(check, f"{topic['delivery']}, by {protocol}")

    return judged(check, answer, judge, place.deploy)


def iterator_age(place: Place, answer: Answer[Document], warn_seconds: float = 60.0) -> Finding:
    """Of cloudwatch:GetMetricStatistics: how long events wait in the stream."""
    check = "event_stream age"

    def judge(found: Document) -> Finding:
        ages = [point["Maximum"] / 1000 for point in found["Datapoints"]]
        if not ages:
            return unknown(check, "no data in the last 15 minutes: no traffic, or a place without this metric")
        if max(ages) > warn_seconds:
            what = f"events waited up to {max(ages):,.0f} s in the last 15 minutes"
            return warning(check, what, 'docs/runbook.md, "The iterator age grows"')
        return ok(check, f"events waited at most {max(ages):.1f} s in the last 15 minutes")

    return judged(check, answer, judge, place.deploy)
