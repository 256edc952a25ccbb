"""The operators' part of SQS as an event source."""

from collections.abc import Iterator

from millrace.doctor.ask import Ask
from millrace.doctor.finding import ExaminedStack, Finding
from millrace.services import sqs
from millrace.sources import mappings
from millrace.sources.operations import Client, CloudWatchMetric, Outputs, SourceOperations
from stream_producers.targets import SqsTarget, Target
from stream_producers.targets.aws import settings


class SqsSourceOperations(SourceOperations):
    name = "sqs"
    path = "event_queue"
    charges = (sqs.requests("up to 3 a message", each=3),)
    age = CloudWatchMetric("AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", unit_seconds=1.0)

    def checks(self, name: str, output: Outputs, place: ExaminedStack, ask: Ask) -> Iterator[Finding]:
        queue = sqs.queue_name(output["queue_url"])
        yield sqs.check(place, name, sqs.attributes(ask, output["queue_url"]))
        yield mappings.mapping(place, ask, name, f":{queue}")
        yield mappings.age(place, ask, name, self.age, queue)

    def encryption_key(self, output: Outputs, ask: Ask) -> str | None:
        return None

    def target(self, output: Outputs, client: Client) -> Target:
        return SqsTarget(output["arn"], output["queue_url"], client("sqs", settings(SqsTarget.limits.calls)))
