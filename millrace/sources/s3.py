"""The operators' part of objects in S3 as an event source."""

from collections.abc import Iterator

from millrace.doctor.ask import Ask
from millrace.doctor.finding import ExaminedStack, Finding, fault, judged, ok
from millrace.sources.operations import Client, Outputs, SourceOperations


class S3SourceOperations(SourceOperations):
    name = "s3"
    path = "event_objects"
    # The puts are the producers', and the reads less than a Lambda request each.
    charges = ()
    age = None

    def checks(self, name: str, output: Outputs, place: ExaminedStack, ask: Ask) -> Iterator[Finding]:
        answer = ask("s3", "get_bucket_notification_configuration", Bucket=output["name"])

        def judge(found: dict[str, list[dict[str, str]]]) -> Finding:
            functions = [one["LambdaFunctionArn"] for one in found.get("LambdaFunctionConfigurations", [])]
            if not any(place.scorer in function for function in functions):
                return fault(name, "new objects do not call the scorer", place.deploy)
            return ok(name, "S3, new objects call the scorer")

        yield judged(name, answer, judge, place.deploy)

    def encryption_key(self, output: Outputs, ask: Ask) -> str | None:
        return None

    def target(self, output: Outputs, client: Client) -> None:
        """None: an object is written whole."""
        return
