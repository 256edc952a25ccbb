"""The operators' part of a DynamoDB table's stream as an event source."""

from collections.abc import Iterator

from millrace.doctor.ask import Ask
from millrace.doctor.finding import ExaminedStack, Finding
from millrace.services import dynamodb
from millrace.sources import mappings
from millrace.sources.operations import Client, CloudWatchMetric, Outputs, SourceOperations


class DynamoDbSourceOperations(SourceOperations):
    name = "dynamodb"
    path = "event_table"
    # The reads of Lambda's mappings are free; the writes of the table are its owner's.
    charges = ()
    age = CloudWatchMetric("AWS/Lambda", "IteratorAge", "FunctionName", unit_seconds=0.001)

    def checks(self, name: str, output: Outputs, place: ExaminedStack, ask: Ask) -> Iterator[Finding]:
        yield dynamodb.check(place, name, dynamodb.description(ask, output["name"]), streams=True)
        yield mappings.mapping(place, ask, name, output["arn"])
        yield mappings.age(place, ask, name, self.age, place.outputs["scorer"]["function_name"])

    def encryption_key(self, output: Outputs, ask: Ask) -> str | None:
        return dynamodb.encryption_key(dynamodb.description(ask, output["name"]))

    def target(self, output: Outputs, client: Client) -> None:
        """None: a table's events are its items, whose form is its owner's."""
        return
