"""The operators' part of a Lex V2 bot as an event source: its caller waits, and sees what fails."""

from collections.abc import Iterator

from millrace.doctor.ask import Ask
from millrace.doctor.finding import ExaminedStack, Finding, fault, judged, ok
from millrace.sources.operations import Client, Outputs, SourceOperations


class LexSourceOperations(SourceOperations):
    name = "lex"
    path = "event_bot"
    # The requests of Lex are the bot's.
    charges = ()
    age = None

    def checks(self, name: str, output: Outputs, place: ExaminedStack, ask: Ask) -> Iterator[Finding]:
        alias = place.outputs["scorer"]["alias"]
        answer = ask("lambda", "get_policy", FunctionName=place.scorer, Qualifier=alias)

        def judge(found: dict[str, str]) -> Finding:
            if output["arn"] not in found["Policy"]:
                return fault(name, "the bot may not call the scorer", place.deploy)
            return ok(name, "may call the scorer")

        yield judged(name, answer, judge, place.deploy)

    def encryption_key(self, output: Outputs, ask: Ask) -> str | None:
        return None

    def target(self, output: Outputs, client: Client) -> None:
        """None: a bot is spoken to."""
        return
