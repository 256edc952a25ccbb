"""The operators' part of a schedule as an event source."""

from collections.abc import Iterator

from millrace.doctor.ask import Ask
from millrace.doctor.finding import ExaminedStack, Finding
from millrace.services import events
from millrace.sources.operations import Client, Outputs, SourceOperations


class ScheduleSourceOperations(SourceOperations):
    name = "schedule"
    path = "event_schedule"
    # Rules of the default bus are free.
    charges = ()
    age = None

    def checks(self, name: str, output: Outputs, place: ExaminedStack, ask: Ask) -> Iterator[Finding]:
        yield events.check_rule(place, name, events.rules(ask, "default"))

    def encryption_key(self, output: Outputs, ask: Ask) -> str | None:
        return None

    def target(self, output: Outputs, client: Client) -> None:
        """None: it has no events of its own."""
        return
