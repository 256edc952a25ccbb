"""The operators' part of Kinesis as an event source."""

from collections.abc import Iterator

from millrace.doctor.ask import Ask
from millrace.doctor.finding import ExaminedStack, Finding
from millrace.services import kinesis
from millrace.sources import mappings
from millrace.sources.operations import Client, CloudWatchMetric, Outputs, SourceOperations
from stream_producers.targets import KinesisTarget, Target
from stream_producers.targets.aws import settings


class KinesisSourceOperations(SourceOperations):
    name = "kinesis"
    path = "event_stream"
    charges = (kinesis.UNITS,)
    age = CloudWatchMetric("AWS/Lambda", "IteratorAge", "FunctionName", unit_seconds=0.001)

    def checks(self, name: str, output: Outputs, place: ExaminedStack, ask: Ask) -> Iterator[Finding]:
        yield kinesis.check(place, name, kinesis.summary(ask, output["name"]))
        yield mappings.mapping(place, ask, name, output["arn"])
        yield mappings.age(place, ask, name, self.age, place.outputs["scorer"]["function_name"])

    def encryption_key(self, output: Outputs, ask: Ask) -> str | None:
        return kinesis.encryption_key(kinesis.summary(ask, output["name"]))

    def target(self, output: Outputs, client: Client) -> Target:
        return KinesisTarget(output["name"], output["arn"], client("kinesis", settings(KinesisTarget.limits.calls)))
