"""The operators' part of an EventBridge bus as an event source."""

from collections.abc import Iterator

from millrace.doctor.ask import Ask
from millrace.doctor.finding import ExaminedStack, Finding
from millrace.services import events
from millrace.sources.operations import Client, Outputs, SourceOperations


class EventBridgeSourceOperations(SourceOperations):
    name = "eventbridge"
    path = "event_bus"
    charges = (events.puts("for each 64 KB"),)
    age = None

    def checks(self, name: str, output: Outputs, place: ExaminedStack, ask: Ask) -> Iterator[Finding]:
        yield events.check(place, name, events.bus(ask, output["arn"]))
        yield events.check_rule(place, name, events.rules(ask, output["name"]))

    def encryption_key(self, output: Outputs, ask: Ask) -> str | None:
        return None

    def target(self, output: Outputs, client: Client) -> None:
        """None: the ids of its events are given by EventBridge, one by one."""
        return
