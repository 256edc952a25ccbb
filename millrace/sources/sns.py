"""The operators' part of SNS as an event source: a topic that calls the scorer by a queue, or directly."""

from collections.abc import Iterator

from millrace.doctor.ask import Answer, Ask
from millrace.doctor.finding import ExaminedStack, Finding, fault, judged, ok
from millrace.services import sns, sqs
from millrace.sources import mappings
from millrace.sources.operations import Client, Outputs, SourceOperations
from stream_producers.targets import SnsTarget, Target
from stream_producers.targets.aws import settings


class SnsSourceOperations(SourceOperations):
    name = "sns"
    path = "event_topic"
    # The queue that the scorer polls; with direct delivery there is only that of the dead letters.
    charges = (sns.publishes(), sqs.requests("up to 3 a message", each=3, resource=mappings.RESOURCE))
    age = None

    def checks(self, name: str, output: Outputs, place: ExaminedStack, ask: Ask) -> Iterator[Finding]:
        yield sns.check(place, name, sns.attributes(ask, output["arn"]))
        yield subscription(place, name, output, sns.subscriptions(ask, output["arn"]))
        if output.get("queue_url"):
            yield mappings.mapping(place, ask, name, f":{sqs.queue_name(output['queue_url'])}")

    def encryption_key(self, output: Outputs, ask: Ask) -> str | None:
        return None

    def target(self, output: Outputs, client: Client) -> Target:
        return SnsTarget(output["arn"], client("sns", settings(SnsTarget.limits.calls)))


def subscription(
    place: ExaminedStack, name: str, output: Outputs, answer: Answer[dict[str, list[dict[str, str]]]]
) -> Finding:
    """Of sns:ListSubscriptionsByTopic: the topic's queue, or the scorer itself where delivery is direct."""
    check, direct = f"{name} subscription", output["delivery"] == "direct"
    protocol = "lambda" if direct else "sqs"
    end = f":{place.outputs['scorer']['alias']}" if direct else f":{sqs.queue_name(output.get('queue_url') or '')}"

    def judge(found: dict[str, list[dict[str, str]]]) -> Finding:
        ours = [one for one in found["Subscriptions"] if one["Protocol"] == protocol and one["Endpoint"].endswith(end)]
        if not ours:
            return fault(check, f"there is none by {protocol}: what is published goes nowhere", place.deploy)
        if ours[0]["SubscriptionArn"] == "PendingConfirmation":
            return fault(check, "waits to be confirmed", place.deploy)
        return ok(check, f"{output['delivery']}, by {protocol}")

    return judged(check, answer, judge, place.deploy)
